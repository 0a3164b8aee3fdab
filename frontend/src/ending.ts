// The end of an exam: questions to hosts' scripts and to the learner before it, and the reason shown after it.

import { confirmed } from './dialog';
import { gettext } from './gettext';
import { fill } from './words';

/** The reason for leaving the page, shown on the next one; the screens of these statuses explain the rest. */
export function whyEnded(status: string): string {
  if (status === 'error' || status === 'ready_to_resume') return '';
  if (['submitted', 'second_review_required', 'verified', 'rejected', 'timed_out'].includes(status)) {
    return gettext('This exam was submitted in another window, by your course team, or because its time was over.');
  }
  return gettext('This exam was ended or reset by your course team.');
}

/**
 * Ask the host's scripts before the exam ends; false if one cancels. The result is used only for ends by the
 * learner.
 */
export function beforeEnd(reason: 'learner' | 'time', attemptId: number, secondsLeft: number): boolean {
  const detail = { reason, attemptId, secondsLeft };
  return document.dispatchEvent(new CustomEvent('proctoring:before-end', { cancelable: true, detail }));
}

/** Ask the learner about answers that are typed and not submitted; true to go on. */
export function mayLeave(count: number): Promise<boolean> {
  if (!count) return Promise.resolve(true);
  const text = gettext('You typed something that is not submitted: {count}. Only submitted answers count.');
  return confirmed(gettext('Some answers are not submitted'), fill(text, { count: String(count) }), {
    agree: gettext('End my exam anyway'),
    stay: gettext('Go back to my exam'),
  });
}
