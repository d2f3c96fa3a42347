/**
 * Property tests walk the same path at every run, so that a red run can be repeated and a green one means the same
 * everywhere. `FAST_CHECK_SEED=$RANDOM npm test` walks another; a counterexample found there becomes a test of its own.
 */
import fc from "fast-check";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_504);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
