// The functions that hosts' own templates call by name: edx.courseware.proctored_exam.

import { accessibleError } from './dialog';
import { send } from './http';
import { UserError, errorText, pending, announce, navigation, gettext } from './page';
import { attemptIn, tell } from './tabs';
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
const MARGIN_MS = 5000;
const END_LIMIT_MS = 90000; // uploads take their time

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

/** Start: the provider's application first, then the clock. */
export async function startExam(button: HTMLButtonElement): Promise<void> {
  adopt(button);
  const text = gettext('Check that the proctoring application is running, then try again.');
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
  if (!started) await accessibleError(gettext('The exam could not be started'), text);
}

/** Submit, or go back: the server first; a worker that fails afterwards undoes nothing. */
export function finishExam(button: HTMLButtonElement): Promise<void> {
  adopt(button);
  return pending(button, async () => {
    await put(button);
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
