// Labels of attempt statuses, with a shape and a tone; an unknown status is shown unchanged.

import type { IconName } from './icons';
import { gettext } from './i18n';

export type Tone = 'neutral' | 'good' | 'info' | 'warn' | 'bad';
export type ExamType = 'timed' | 'practice' | 'onboarding' | 'proctored';

export interface Pause {
  kind: 'pause' | 'break';
  since: string;
  message: string;
  is_too_long: boolean;
}

export interface Attempt {
  id: number;
  user: { username: string; email: string };
  exam: { id: number; exam_name: string; type: ExamType };
  status: string;
  started_at: string | null;
  completed_at: string | null;
  allowed_time_limit_mins: number | null;
  ends_at?: string | null;
  paused?: Pause | null;
  is_resumable?: boolean;
  ready_to_resume: boolean;
  resumed: boolean;
  created: string;
  needs_attention?: boolean;
  earlier_count?: number;
}

export type ActionName = 'reset' | 'resume' | 'end' | 'pause' | 'continue' | 'extend';

export interface TimelineEntry {
  at: string;
  kind: string;
  by: string;
  before: string;
  after: string;
  reason: string;
  seconds: number | null;
  changes: { field: string; before: unknown; after: unknown }[];
  text: string;
  notes: string[];
}

export interface Review {
  review_status: string;
  reviewed_by: string;
  modified: string;
  comments: { start_time: number; stop_time: number; comment: string; status: string }[];
}

export type EarlierAttempt = Pick<Attempt, 'id' | 'status' | 'started_at' | 'completed_at' | 'ready_to_resume' | 'resumed' | 'created'>;

export interface AttemptDetails extends Attempt {
  exam: Attempt['exam'] & { time_limit_mins: number; due_date: string | null; backend: string | null; content_id?: string };
  is_newest: boolean;
  earlier: EarlierAttempt[];
  actions: ActionName[];
  review: Review | null;
  timeline: TimelineEntry[];
  provider: { name: string; attempt_url: string | null } | null;
  enrollment_mode: string;
  progress_url: string | null;
}

export interface Word {
  label: string;
  tone: Tone;
  icon: IconName;
}

/** The options of the filter: one label may stand for several statuses, separated by commas. */
export function statusWords(): Record<string, Word> {
  return {
    'created,download_software_clicked': { label: gettext('Setting up'), tone: 'neutral', icon: 'idle' },
    ready_to_start: { label: gettext('Ready to start'), tone: 'info', icon: 'wait' },
    started: { label: gettext('Running'), tone: 'info', icon: 'run' },
    ready_to_submit: { label: gettext('About to hand in'), tone: 'info', icon: 'run' },
    submitted: { label: gettext('Submitted'), tone: 'neutral', icon: 'done' },
    second_review_required: { label: gettext('Second review needed'), tone: 'warn', icon: 'scale' },
    verified: { label: gettext('Passed review'), tone: 'good', icon: 'ok' },
    rejected: { label: gettext('Did not pass review'), tone: 'bad', icon: 'bad' },
    error: { label: gettext('Stopped by an error'), tone: 'bad', icon: 'warn' },
    declined: { label: gettext('Taken without proctoring'), tone: 'neutral', icon: 'close' },
    timed_out: { label: gettext('Time ran out'), tone: 'neutral', icon: 'clock' },
    expired: { label: gettext('Not handed in before the due date'), tone: 'neutral', icon: 'clock' },
    onboarding_missing: { label: gettext('Can’t start: onboarding missing'), tone: 'bad', icon: 'lock' },
    onboarding_pending: { label: gettext('Can’t start: onboarding under review'), tone: 'warn', icon: 'lock' },
    onboarding_failed: { label: gettext('Can’t start: onboarding not passed'), tone: 'bad', icon: 'lock' },
    onboarding_expired: { label: gettext('Can’t start: onboarding expired'), tone: 'bad', icon: 'lock' },
    onboarding_reset: { label: gettext('Onboarding restarted'), tone: 'neutral', icon: 'idle' },
  };
}

export function examTypes(): Record<ExamType, string> {
  return {
    proctored: gettext('proctored'),
    timed: gettext('timed'),
    practice: gettext('practice'),
    onboarding: gettext('onboarding'),
  };
}

/** The tracks of the platform. */
export function enrolmentModes(): Record<string, string> {
  return {
    audit: gettext('Audit'),
    honor: gettext('Honor code'),
    verified: gettext('Verified'),
    professional: gettext('Professional'),
    'no-id-professional': gettext('Professional, without identity check'),
    credit: gettext('Credit'),
    masters: gettext('Master’s'),
    'executive-education': gettext('Executive education'),
  };
}

function pauseWord({ kind, is_too_long }: Pause): Word {
  const label = kind === 'break' ? gettext('On a break') : gettext('Paused by staff');
  return { label, tone: is_too_long ? 'warn' : 'info', icon: 'pause' };
}

const REVIEWED: ExamType[] = ['proctored', 'onboarding'];

type Standing = Pick<Attempt, 'status' | 'exam' | 'ready_to_resume' | 'resumed' | 'paused'>;

export function statusWord({ status, exam, ready_to_resume, resumed, paused }: Standing): Word {
  if (paused) return pauseWord(paused);
  if (ready_to_resume && !resumed) return { label: gettext('May resume now'), tone: 'info', icon: 'play' };
  if (status === 'submitted' && REVIEWED.includes(exam.type)) {
    return { label: gettext('Waiting for review'), tone: 'info', icon: 'wait' };
  }
  const found = Object.entries(statusWords()).find(([names]) => names.split(',').includes(status));
  return found?.[1] ?? { label: status, tone: 'neutral', icon: 'idle' };
}

/** The minutes from the start to the end, or until now while the clock runs; null if that is not known. */
export function minutesUsed(attempt: Attempt, now: number): number | null {
  const { started_at: began, completed_at: ended, allowed_time_limit_mins: limit, paused, ends_at: end } = attempt;
  const until = ended ?? paused?.since ?? (end ? new Date(now).toISOString() : null);
  if (!began || !until) return null;
  const minutes = Math.max(0, Math.floor((Date.parse(until) - Date.parse(began)) / 60_000));
  return limit === null ? minutes : Math.min(minutes, limit);
}

/** Others ended without being submitted: by an error, or without proctoring. */
export function wasSubmitted({ status }: Pick<Attempt, 'status'>): boolean {
  return ['submitted', 'second_review_required', 'verified', 'rejected'].includes(status);
}

/** A status as a timeline names it, without the rest of the attempt. */
export function nameOfStatus(status: string): string {
  const found = Object.entries(statusWords()).find(([names]) => names.split(',').includes(status));
  return found?.[1].label ?? status;
}

/** The edge of a row that needs attention. */
export function attentionOf(attempt: Attempt): 'bad' | 'warn' | undefined {
  if (attempt.paused?.is_too_long) return 'warn';
  if (attempt.ready_to_resume) return undefined;
  if (attempt.status === 'error') return 'bad';
  return attempt.status === 'second_review_required' ? 'warn' : undefined;
}

const RUNNING = ['started', 'ready_to_submit'];

/** What staff may do with the attempt; the server decides, this is what a list offers. */
export function actionsOf(attempt: Attempt & { actions?: ActionName[] }): ActionName[] {
  if (attempt.actions) return attempt.actions;
  const { status, paused, exam } = attempt;
  const found: ActionName[] = [];
  if (attempt.is_resumable && exam.type !== 'practice') found.push('resume');
  if (RUNNING.includes(status)) found.push('extend');
  if (status === 'started') found.push(paused?.kind === 'pause' ? 'continue' : 'pause');
  if (RUNNING.includes(status)) found.push('end');
  return [...found, 'reset'];
}
