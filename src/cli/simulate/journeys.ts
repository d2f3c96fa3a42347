/** What happens to whom, as tables: how many minutes after the step before, and how likely it is. */
import * as account from "./account-steps.ts";
import * as admin from "./admin-steps.ts";
import * as app from "./app-steps.ts";
import * as page from "./page-steps.ts";
import type { Step } from "./step.ts";

export type JourneyRow = readonly [minutes: number, step: Step, odds?: number];
export type Journey = readonly JourneyRow[];

const FORGETFUL_CUSTOMER: Journey = [
  [0, app.SIGN_UP],
  [3, app.CONFIRM_SIGN_UP],
  [2, app.WRONG_PASSWORD],
  [1, app.WRONG_PASSWORD, 0.4],
  [1, app.SIGN_IN],
  [20, account.UPDATE_ATTRIBUTES],
  [45, app.REFRESH],
  [90, app.FORGOT_PASSWORD],
  [4, app.WRONG_RESET_CODE],
  [1, app.PASSWORD_RESET],
  [1, app.SIGN_IN],
  [50, app.REFRESH],
  [30, account.GLOBAL_SIGN_OUT],
];

const CAREFUL_CUSTOMER: Journey = [
  [0, app.SIGN_UP],
  [8, admin.ADMIN_CONFIRM],
  [5, app.SRP_SIGN_IN],
  [0, app.PASSWORD_PROVED],
  [3, account.TOTP_START],
  [2, account.TOTP_VERIFY],
  [1, account.MFA_PREFERENCE],
  [55, app.ROTATING_REFRESH],
  [55, app.ROTATING_REFRESH],
  [90, app.SRP_SIGN_IN],
  [0, app.ASKED_FOR_TOTP],
  [1, app.WRONG_TOTP, 0.5],
  [1, app.TOTP_PROVED],
];

const WEB_CUSTOMER: Journey = [
  [0, page.LOGIN_PAGE],
  [1, page.SIGN_UP_PAGE],
  [2, page.WEAK_PASSWORD, 0.7],
  [1, page.SIGN_UP_ON_PAGE],
  [3, page.CONFIRM_ON_PAGE],
  [0, page.CODE_FOR_TOKENS],
  [50, page.TOKEN_REFRESH],
  [50, page.TOKEN_REFRESH],
  [70, page.LOGOUT],
];

const COLLEAGUE: Journey = [
  [0, admin.ADMIN_CREATE],
  [2, admin.JOIN_GROUP],
  [30, app.FIRST_SIGN_IN],
  [1, app.PASSWORD_CHOSEN],
  [45, app.REFRESH],
  [60, admin.ADMIN_UPDATE],
  [90, admin.LEAVE_GROUP],
  [10, admin.DISABLE],
  [0, admin.ADMIN_SIGN_OUT],
  [15, app.SIGN_IN_WHILE_DISABLED],
];

const SHORT_STAY: Journey = [
  [0, app.SIGN_UP],
  [4, app.CONFIRM_SIGN_UP],
  [1, app.WRONG_PASSWORD, 0.5],
  [1, app.SIGN_IN],
  [50, app.REFRESH],
  [50, app.REFRESH],
  [20, account.DELETE_USER],
];

/** Taken in turn, so that a pool of five users shows them all. */
export const JOURNEYS: readonly [Journey, ...Journey[]] = [
  FORGETFUL_CUSTOMER,
  CAREFUL_CUSTOMER,
  WEB_CUSTOMER,
  COLLEAGUE,
  SHORT_STAY,
];

/** What happens beside the users' own stories, in every pool: who, and how many minutes into the day. */
export type Aside = readonly [minutes: number, who: AsideActor, step: Step];
export type AsideActor = "job" | "back_office" | "trainee" | "stranger" | "first_user";

export const ASIDES: readonly Aside[] = [
  [40, "job", page.CLIENT_CREDENTIALS],
  [95, "back_office", admin.LIST_USERS],
  [190, "stranger", app.UNKNOWN_USER],
  [260, "back_office", admin.START_SERVER],
  [400, "job", page.CLIENT_CREDENTIALS],
  [520, "trainee", admin.DENIED_DELETE],
  [1200, "first_user", admin.ACTION_FROM_THE_FUTURE],
];
