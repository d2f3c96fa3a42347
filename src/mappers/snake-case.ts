export { snakeCase } from "../events/snake-case.ts";
