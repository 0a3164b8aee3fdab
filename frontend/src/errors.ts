// The sentences that learners read about failures, one for each. The server's own texts are for course staff and logs.

import { gettext } from './gettext';

/** A failure whose text is meant for the learner. */
export class UserError extends Error {
  constructor(readonly detail: string) {
    super(detail);
    Object.setPrototypeOf(this, UserError.prototype); // ES5 output loses it
  }
}

const changed = () => gettext('This exam has changed in another window. Reload this page to see how it stands.');
const gone = () => gettext('This exam no longer exists. Your course team may have removed it. Ask them.');
const providerDown = () => gettext('The proctoring provider cannot be reached right now. This is not your fault. Your exam time has not started, and nothing is lost. Try again in a moment.');

/** By the header `Proctoring-Error`: the names of the exceptions of the package. */
const BY_CODE: Record<string, () => string> = {
  AttemptIsPaused: () => gettext('Your exam is paused. Wait until it goes on.'),
  BackendProviderCannotRegisterAttempt: providerDown,
  BackendProviderSentNoAttemptID: providerDown,
  BackendProviderCannotRemoveAttempt: providerDown,
  BackendProviderNotConfigured: providerDown,
  ExtraTimeUnavailable: () => gettext('Your time for this exam cannot be determined right now. Try again in a moment.'),
  ProctoredExamIllegalStatusTransition: changed,
  ProctoredExamNotActiveException: gone,
  ProctoredExamNotFoundException: gone,
  ProctoredExamPermissionDenied: () => gettext('This exam belongs to another account, or it may not be opened now. Sign in with the account that began it.'),
  StudentExamAttemptDoesNotExistsException: gone,
  StudentExamAttemptOnPastDueProctoredExam: () => gettext('This exam has closed.'),
  TooManyPracticeAttempts: () => gettext('You have tried this too often. Try again in an hour.'),
};

const BY_STATUS: Record<number, () => string> = {
  400: changed,
  404: gone,
  409: changed,
  410: gone,
  429: () => gettext('The server is busy. Try again in a moment.'),
  502: () => gettext('The server cannot be reached right now. Try again in a moment.'),
  503: () => gettext('The server is busy. Try again in a moment.'),
  504: () => gettext('The server cannot be reached right now. Try again in a moment.'),
};

/** Whether the attempt already exists, so that the page can show it. */
export function alreadyBegun(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: string };
  return /^StudentExamAttempt(AlreadyExistsException|BeingCreated|edAlreadyStarted)$/.test(code ?? '');
}

/** Whether the session has ended: our own refusals have a code, those of the login and CSRF checks have none. */
export function signedOut(error: unknown): boolean {
  const { status, code } = (error ?? {}) as { status?: number; code?: string };
  return status === 401 || (status === 403 && !code);
}

/** The sentence that the learner sees about a failure. */
export function errorText(error: unknown): string {
  if (error instanceof UserError) return error.detail;
  const { status, code } = (error ?? {}) as { status?: number; code?: string };
  if (signedOut(error)) return gettext('You have been signed out. Sign in again in a new window, then come back here.');
  const known = BY_CODE[code ?? ''] ?? BY_STATUS[status ?? 0];
  if (known) return known();
  if (status) return gettext('Something went wrong on our side. Please try again. If it happens again, write to your course team.');
  return gettext('There is no connection. Check your connection and try again.');
}

/** The sentence that course staff see: the server's own words, which name what is wrong with their request. */
export function errorTextForStaff(error: unknown): string {
  const { detail } = (error ?? {}) as { detail?: string };
  return detail || errorText(error);
}
