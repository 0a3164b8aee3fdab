// The end of an exam: questions to hosts' scripts and to the learner before it, and the reason shown after it.

import type { Data } from './timer_bar';
import { confirmed } from './dialog';
import { gettext, ngettext } from './gettext';
import { fill } from './format';

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
  const title = ngettext('{count} answer is not submitted', '{count} answers are not submitted', count);
  return confirmed(fill(title, { count: String(count) }), gettext('Answers that are not submitted do not count.'), {
    agree: gettext('End the exam anyway'),
    stay: gettext('Go back to my exam'),
  });
}

/** Have the browser ask before a page of a proctored exam is left, unless `ended` says that nothing is lost. */
export function warnOnLeaving({ course_id: course, taking_as_proctored: proctored }: Data, ended: () => boolean): void {
  const place = decodeURIComponent(window.location.pathname);
  if (!proctored || !place.includes(`/courses/${course}/courseware/`) || window.onbeforeunload) return;
  window.onbeforeunload = (event) => {
    if (ended()) return;
    event.preventDefault();
    return gettext('You are still in your exam.');
  };
}
