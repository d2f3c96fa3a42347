/** `poolcast/verify`: what receivers of signed deliveries import. Runs wherever there is a web `Request` and WebCrypto. */
export { type DeliveredEvent, type DeliveryFault, readEvents } from "./read-events.ts";
export {
  createVerifier,
  type Delivery,
  type DeliveryMode,
  type Refusal,
  type RefusalCode,
  type Verified,
  type VerifyOptions,
  verify,
} from "./verify.ts";
