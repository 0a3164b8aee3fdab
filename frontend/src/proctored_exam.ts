// The functions that hosts' own templates call by name: edx.courseware.proctored_exam.

import { accessibleError } from './dialog';
import { fill, isolated } from './format';
import { RequestFailed, backOff, pauseOffline, send } from './http';
import { UserError, errorText, showError, clearError, pending, announce, navigation, gettext } from './page';
import { attemptIn, tell } from './window_messages';
import { askWorker, type Kind } from './worker';

export interface ProctoredExam {
  configuredWorkerURL?: string;
  ProctoringAppPingInterval?: number;
  attemptExternalId?: string;
  [name: string]: unknown;
}

/** The event sent after a submission: everything that still runs for the exam must stop. */
export const CLOSED = 'edx-proctoring:closed';

/** The event sent before the page is reloaded with a running exam. */
export const STARTS = 'edx-proctoring:starts';

const START_SECONDS = 5; // without a ping interval
const RETRY_MS = 5000;
const RETRY_SLOWEST_MS = 30000;
const MARGIN_MS = 5000;
const END_LIMIT_MS = 90000; // uploads take their time
const BUSY = ['aria-disabled', 'aria-busy']; // as set by `pending`

interface Edx {
  courseware?: { proctored_exam?: ProctoredExam };
}

export function namespace(): ProctoredExam {
  const root = window as unknown as { edx?: Edx };
  root.edx ??= {};
  root.edx.courseware ??= {};
  return (root.edx.courseware.proctored_exam ??= {});
}

/** Take over a screen's data about the provider's worker. */
export function adopt(button: HTMLElement): void {
  const exam = namespace();
  const { workerUrl, pingInterval, attemptExternalId } = button.dataset;
  exam.configuredWorkerURL = workerUrl || exam.configuredWorkerURL;
  exam.ProctoringAppPingInterval = Number(pingInterval) || exam.ProctoringAppPingInterval;
  exam.attemptExternalId = attemptExternalId || exam.attemptExternalId;
}

/** The worker's URL; empty if there is none, or if the browser has no workers. */
export function workerUrl(): string {
  return ('Worker' in window && namespace().configuredWorkerURL) || '';
}

function ask(type: Kind, timeout: number | undefined, limitMs: number): Promise<void> {
  return askWorker(workerUrl(), { type, timeout, attemptExternalId: namespace().attemptExternalId }, limitMs);
}

/** Change the attempt, and tell the other windows. */
async function put(button: HTMLButtonElement): Promise<void> {
  const { changeStateUrl: url = '', action = '' } = button.dataset;
  await send('PUT', url, { action });
  tell(attemptIn(url), action === 'submit' ? 'ended' : 'changed');
}

/** Handle a state button: PUT its action, then load the next screen. */
export function changeState(button: HTMLButtonElement): Promise<void> {
  return pending(button, async () => {
    await put(button);
    navigation.reload();
  });
}

function startApplication(): Promise<void> {
  const seconds = Number(namespace().ProctoringAppPingInterval) || 0;
  const limit = (seconds || START_SECONDS) * 1000 + MARGIN_MS;
  return ask('startExamAttempt', seconds ? seconds * 1000 : undefined, limit);
}

/** The text for a provider's application that is silent, with the reference that support asks for. */
function unansweredText({ dataset: { providerName, reference } }: HTMLElement): string {
  const text = providerName
    ? fill(gettext('The application of {provider} does not answer. Check that it is still open, then press the button again.'), { provider: isolated(providerName) })
    : gettext('The proctoring application does not answer. Check that it is still open, then press the button again.');
  return reference ? `${text} ${gettext('Reference for support:')} ${reference}` : text;
}

/** Start: the provider's application first, then the clock. */
export async function startExam(button: HTMLButtonElement): Promise<void> {
  adopt(button);
  const text = unansweredText(button);
  let started = true;
  await pending(button, async () => {
    if (workerUrl()) {
      started = await startApplication().then(() => true, () => false);
      if (!started) throw new UserError(text);
    }
    await put(button);
    document.dispatchEvent(new Event(STARTS));
    navigation.reload();
  });
  if (!started) await accessibleError(gettext('Your exam has not started, and your clock does not run'), text);
}

/** The buttons that wait for the next try to submit, with what ends the pause. */
const waiting = new WeakMap<HTMLButtonElement, () => void>();

/** Wait for the next try; meanwhile the button offers to try at once. Returns whether the learner pressed it. */
async function untilNextTry(button: HTMLButtonElement, milliseconds: number): Promise<boolean> {
  const label = Array.from(button.childNodes);
  const pressed = new Promise<boolean>((resolve) => waiting.set(button, () => resolve(true)));
  button.textContent = gettext('Try again now');
  for (const name of BUSY) button.removeAttribute(name);
  const isPressed = await Promise.race([pressed, pauseOffline(milliseconds).then(() => false)]);
  waiting.delete(button);
  for (const name of BUSY) button.setAttribute(name, 'true');
  button.replaceChildren(...label);
  return isPressed;
}

/** Submit, again and again while there is no connection. */
async function submit(button: HTMLButtonElement): Promise<void> {
  let isAsked = true; // screen readers repeat an alert that is written again: only for what the learner pressed
  for (let failures = 1; ; failures += 1) {
    try {
      await put(button);
      return clearError(button);
    } catch (error) {
      if (!(error instanceof RequestFailed) || error.status !== 0 || !button.isConnected) throw error;
      if (isAsked) showError(button, gettext('Your exam is not submitted yet. There is no connection. Your submitted answers are safe. We try again every few seconds; you need not press anything. If your time ends meanwhile, your submitted answers count.'));
      isAsked = await untilNextTry(button, backOff(failures, RETRY_MS, RETRY_SLOWEST_MS));
    }
  }
}

/** Submit, or go back: the server first; a worker that fails afterwards undoes nothing. */
export async function finishExam(button: HTMLButtonElement): Promise<void> {
  const tryNow = waiting.get(button);
  if (tryNow) return tryNow();
  adopt(button);
  await pending(button, async () => {
    await (button.dataset.action === 'submit' ? submit(button) : put(button));
    if (button.dataset.action === 'submit') {
      document.dispatchEvent(new Event(CLOSED));
      if (workerUrl()) {
        announce(button, gettext('Your exam is submitted. Wait until the proctoring application has finished.'));
        await ask('endExamAttempt', END_LIMIT_MS, END_LIMIT_MS).catch(() => undefined);
      }
    }
    navigation.reload();
  });
}

/** The status of an attempt. */
export async function checkExamAttemptStatus(url: string): Promise<string> {
  const answer = await send<{ status?: string }>('GET', url);
  if (!answer?.status) throw new Error('no status');
  return answer.status;
}

/** End the worker's exam after the server has ended the attempt; without a worker, nothing is done. */
export async function endExam(pollUrl: string): Promise<void> {
  if (!workerUrl()) return;
  const status = await checkExamAttemptStatus(pollUrl);
  if (status !== 'submitted') throw new Error(status);
  await ask('endExamAttempt', END_LIMIT_MS, END_LIMIT_MS);
}

/** Ping the provider's application: it has `seconds` minus ten, and fails after `seconds`. */
export async function pingApplication(seconds: number): Promise<void> {
  if (!workerUrl()) throw new Error('no worker');
  await ask('ping', Math.max(seconds - 10, 1) * 1000, seconds * 1000);
}

function asHandler(work: (button: HTMLButtonElement) => Promise<void>) {
  return function handler(this: unknown, event?: Event): void {
    event?.preventDefault?.(); // this also tells our own listener that the click is handled
    const button = (event?.currentTarget ?? this) as HTMLButtonElement;
    work(button).catch((error) => accessibleError(gettext('Error'), errorText(error)));
  };
}

export function publish(): ProctoredExam {
  return Object.assign(namespace(), {
    accessibleError,
    checkExamAttemptStatus,
    endExam,
    pingApplication,
    updateStatusHandler: asHandler(changeState),
    examStartHandler: asHandler(startExam),
    examEndHandler: asHandler(finishExam),
  });
}
