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

/** Said to the page once an exam is handed in: what still runs for it has to stop. */
export const CLOSED = 'edx-proctoring:closed';

/** Said to the page before it is reloaded with a running exam. */
export const STARTS = 'edx-proctoring:starts';

const START_SECONDS = 5; // where no ping interval says how patient to be
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

/** Take over what a screen knows of the provider's worker. */
export function adopt(button: HTMLElement): void {
  const exam = namespace();
  const { workerUrl, pingInterval, attemptExternalId } = button.dataset;
  exam.configuredWorkerURL = workerUrl || exam.configuredWorkerURL;
  exam.ProctoringAppPingInterval = Number(pingInterval) || exam.ProctoringAppPingInterval;
  exam.attemptExternalId = attemptExternalId || exam.attemptExternalId;
}

/** The worker's address; empty where there is none, or where the browser has no workers. */
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

/** Any state button: PUT its action, then let the server show the next screen. */
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

/** The time is over: without a worker there is nothing to do; else it ends once the server has. */
export async function endExam(pollUrl: string): Promise<void> {
  if (!workerUrl()) return;
  const status = await checkExamAttemptStatus(pollUrl);
  if (status !== 'submitted') throw new Error(status);
  await ask('endExamAttempt', END_LIMIT_MS, END_LIMIT_MS);
}

/** Is the provider's application still there? It has `seconds` minus ten, and fails after `seconds`. */
export async function pingApplication(seconds: number): Promise<void> {
  if (!workerUrl()) throw new Error('no worker');
  await ask('ping', Math.max(seconds - 10, 1) * 1000, seconds * 1000);
}

function asHandler(work: (button: HTMLButtonElement) => Promise<void>) {
  return function handler(this: unknown, event?: Event): void {
    event?.preventDefault?.(); // also tells our own listener that this click is taken
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
