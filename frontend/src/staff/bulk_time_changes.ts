// Minutes, pauses and continuations of many attempts: one request, with a preview before it and an undo after it.

import { type TemplateResult, html, nothing } from 'lit';
import { change, newKey } from '../http';
import { checkMinutes } from './actions';
import { changeErrorText, codeOf } from './errors';
import type { Notice } from './notices';
import { doneText, follow } from './progress';
import { type Field, type Question, type Values, required } from './dialogs';
import { formatMoment, formatNumber, gettext, interpolate, ngettext } from './i18n';

export type TimeAction = 'extend' | 'pause' | 'continue';
export const TIME_ACTIONS: readonly string[] = ['extend', 'pause', 'continue'];

/** Chosen attempts, all that run in an exam, or all that the list shows for a filter. */
export type Scope = { attempt_ids: number[] } | { exam: number; name: string } | { filter: string };

interface Row {
  attempt_id: number;
  username: string;
  outcome: 'possible' | 'done' | 'unchanged' | 'refused';
  code: string;
  gained: number;
  ends_before: string | null;
  ends_after: string | null; // null before the start
  is_cut: boolean;
}

interface Progress {
  id: number | null;
  total: number;
  done: number;
  failed: Record<string, string>;
  may_be_undone_until: string | null;
}

interface Answer {
  change: Progress;
  rows: Row[];
}

export interface BulkTimeContext {
  base: () => string;
  ask: (question: Question, isLater?: boolean) => void;
  /** Say it, and read the list again. */
  done: (notice: Notice) => void;
  say: (text: string) => void;
  /** These attempts need not stay chosen; without ids, none of them. */
  release: (ids?: number[]) => void;
  isConnected: () => boolean;
}

const MOST = 500; // attempts of one change that are named

function headingFor(action: TimeAction, count: number): string {
  return {
    extend: ngettext('Add minutes to {count} attempt', 'Add minutes to {count} attempts', count),
    pause: ngettext('Pause {count} attempt', 'Pause {count} attempts', count),
    continue: ngettext('Continue {count} attempt', 'Continue {count} attempts', count),
  }[action];
}

function headingsOfExam(action: TimeAction): string {
  return {
    extend: gettext('Add minutes to all running attempts in “{exam}”'),
    pause: gettext('Pause all running attempts in “{exam}”'),
    continue: gettext('Continue all paused attempts in “{exam}”'),
  }[action];
}

function headingsOfFilter(action: TimeAction): string {
  return {
    extend: gettext('Add minutes to all attempts that match'),
    pause: gettext('Pause all attempts that match'),
    continue: gettext('Continue all attempts that match'),
  }[action];
}

/** Above a preview that replaces an older one. */
export function changedMeanwhile(): TemplateResult {
  return html`<div class="banner" data-tone="warn" role="alert">
    <p>${gettext('The number of attempts that match has changed in the meantime, so nothing was changed. This is how it would be now.')}</p>
  </div>`;
}

/** Why an attempt is refused. */
export function refusal(code: string): string {
  const words: Record<string, string> = {
    ended: gettext('The attempt has ended.'),
    time_is_over: gettext('The time is over.'),
    not_started: gettext('The attempt has not started.'),
    paused: gettext('The attempt is paused already.'),
    not_paused: gettext('The attempt is not paused.'),
    attempt_action_not_possible: gettext('The attempt’s status does not allow this, or no longer.'),
    time_change_not_allowed: gettext('The attempt’s status does not allow this, or no longer.'),
  };
  return words[code] ?? interpolate(gettext('The server refused this ({code}).'), { code });
}

function minutes(seconds: number): string {
  return formatNumber(Math.round(seconds / 6) / 10);
}

function effect({ outcome, code, gained, is_cut: isCut, ends_after: ends }: Row, action: TimeAction): string {
  if (outcome === 'refused') return refusal(code);
  if (action === 'pause') return gettext('The clock stops.');
  if (!ends) {
    const text = gained < 0 ? gettext('{minutes} min when it starts.') : gettext('{minutes} min more when it starts.');
    return interpolate(text, { minutes: minutes(gained) });
  }
  const numbers = { minutes: minutes(gained), end: formatMoment(ends) };
  if (isCut) return interpolate(gettext('Cut by the due date: {minutes} min more, ends {end}.'), numbers);
  return interpolate(gained < 0 ? gettext('{minutes} min, ends {end}.') : gettext('{minutes} min more, ends {end}.'), numbers);
}

/** Those that are refused or cut come first. */
function ordered(rows: Row[]): Row[] {
  const rank = ({ outcome, is_cut }: Row) => (outcome === 'refused' ? 0 : is_cut ? 1 : 2);
  return [...rows].sort((one, other) => rank(one) - rank(other));
}

function listed(rows: Row[], action: TimeAction): TemplateResult {
  const line = (row: Row) =>
    html`<li data-outcome=${row.outcome}><strong><bdi>${row.username}</bdi></strong>: ${effect(row, action)}</li>`;
  return html`<ul class="preview">${ordered(rows).map(line)}</ul>`;
}

/** A preview names only the first of many rows. */
export function partShown(shown: number, total: number): TemplateResult {
  const numbers = { count: formatNumber(shown), total: formatNumber(total) };
  return html`<p class="hint">${interpolate(gettext('The first {count} of {total} attempts are shown.'), numbers)}</p>`;
}

export class BulkTimeChanges {
  constructor(private readonly context: BulkTimeContext) {}

  begin(action: TimeAction, scope: Scope, given: Values = {}): void {
    this.context.ask(this.question(action, scope, given));
  }

  private fields(action: TimeAction, given: Values): Field[] {
    const reason: Field = {
      name: 'reason',
      label: gettext('Reason'),
      kind: 'area',
      value: given.reason,
      hint: action === 'pause' ? gettext('The learner reads it.') : gettext('It stays in the attempt’s history.'),
      check: required(gettext('Write a reason.')),
    };
    if (action !== 'extend') return [reason];
    const number: Field = {
      name: 'minutes',
      label: gettext('Minutes'),
      kind: 'number',
      value: given.minutes ?? '10',
      hint: gettext('A negative number takes time away; at least one minute is left.'),
      check: checkMinutes,
      aliases: ['seconds'],
    };
    return [number, reason];
  }

  private post(body: object, path = '', key = newKey()): Promise<Answer> {
    const url = `${this.context.base()}time-changes/${path}`;
    return change<Answer>('POST', url, body, { 'Idempotency-Key': key }) as Promise<Answer>;
  }

  private heading(action: TimeAction, scope: Scope): string {
    if ('filter' in scope) return headingsOfFilter(action);
    if ('exam' in scope) return interpolate(headingsOfExam(action), { exam: scope.name });
    return headingFor(action, scope.attempt_ids.length);
  }

  question(action: TimeAction, scope: Scope, given: Values = {}): Question {
    const subject = 'exam' in scope ? { exam: scope.exam } : scope;
    return {
      heading: this.heading(action, scope),
      fields: this.fields(action, given),
      confirm: gettext('Preview'),
      busy: gettext('Please wait…'),
      cancel: gettext('Cancel'),
      submit: async (values) => {
        const seconds = action === 'extend' ? { seconds: Math.round(Number(values.minutes) * 60) } : {};
        const body = { action, ...subject, ...seconds, reason: values.reason.trim() };
        return this.look(action, body, () => this.question(action, scope, values));
      },
    };
  }

  private async look(action: TimeAction, body: object, back: () => Question, isAgain = false): Promise<Question> {
    const answer = await this.post({ ...body, dry_run: true });
    const found = this.preview(action, body, answer, back);
    return isAgain ? { ...found, text: html`${changedMeanwhile()} ${found.text}` } : found;
  }

  /** What would happen to each attempt; the button counts those that would change. */
  private preview(action: TimeAction, body: object, { change: { total }, rows }: Answer, back: () => Question): Question {
    const refused = rows.filter(({ outcome }) => outcome === 'refused').length;
    const key = newKey(); // a repeated request makes no second change
    const isAll = total <= rows.length;
    const text = html`<p>${this.summary(rows, refused)}</p>
      ${isAll ? nothing : partShown(rows.length, total)}
      ${listed(rows, action)}`;
    const common = { text, busy: gettext('Please wait…') };
    const counted = 'filter' in body ? { ...body, count: total } : body;
    const again = (error: unknown): Promise<Question> => {
      if (codeOf(error) === 'others_match') return this.look(action, body, back, true);
      throw error;
    };
    if (total === refused) {
      const heading = gettext('No attempt would change');
      return { ...common, heading, confirm: gettext('Back'), cancel: gettext('Close'), submit: () => Promise.resolve(back()) };
    }
    const heading = headingFor(action, total - refused);
    return { ...common, heading, confirm: heading, cancel: gettext('Cancel'), submit: () => this.run(action, counted, key).catch(again) };
  }

  private summary(rows: Row[], refused: number): string {
    const numbers = { refused: formatNumber(refused), cut: formatNumber(rows.filter(({ is_cut }) => is_cut).length) };
    return interpolate(gettext('Refused: {refused}. Cut by the due date: {cut}.'), numbers);
  }

  private async run(action: TimeAction, body: object, key: string): Promise<Question | void> {
    const answer = await this.post(body, '', key);
    if (!answer.rows.length && answer.change.done < answer.change.total) {
      if (!('exam' in body)) this.context.release();
      void this.follow(answer.change);
      return;
    }
    const failed = answer.rows.filter(({ outcome }) => outcome === 'refused');
    this.context.release(answer.rows.filter(({ outcome }) => outcome !== 'refused').map(({ attempt_id }) => attempt_id));
    const text = doneText(answer.rows.length - failed.length, answer.rows.length);
    const isUndoable = failed.length < answer.rows.length;
    this.context.done({ text, undo: isUndoable ? this.undo(answer.change) : undefined });
    if (failed.length) return this.failures(action, text, failed, body);
  }

  private failures(action: TimeAction, heading: string, failed: Row[], body: object): Question {
    const ids = failed.map(({ attempt_id }) => attempt_id);
    const { seconds, reason } = body as { seconds?: number; reason: string };
    const given = { reason, ...(seconds && { minutes: String(seconds / 60) }) };
    return {
      heading,
      text: html`<div role="alert">${listed(failed, action)}</div>`,
      confirm: interpolate(gettext('Try the others again ({count})'), { count: formatNumber(failed.length) }),
      busy: gettext('Please wait…'),
      cancel: gettext('Leave it'),
      submit: () => Promise.resolve(this.question(action, { attempt_ids: ids.slice(0, MOST) }, given)),
    };
  }

  /** Show the worker's progress until it has finished. */
  private async follow(begun: Progress): Promise<void> {
    const now = await follow(`${this.context.base()}time-changes/${begun.id}/`, begun, this.context);
    if (!now) return;
    const failed = Object.values(now.failed).length;
    this.context.done({ text: doneText(now.done - failed, now.total), undo: now.done < now.total ? undefined : this.undo(now) });
    if (failed) this.context.ask(this.errors(now), true);
  }

  private errors({ failed, done, total }: Progress): Question {
    const errors = Object.entries(failed);
    const line = ([id, error]: [string, string]) =>
      html`<li>${interpolate(gettext('Attempt {id}: {error}'), { id, error })}</li>`;
    return {
      heading: doneText(done - errors.length, total),
      text: html`<ul class="preview" role="alert">${errors.map(line)}</ul>`,
      confirm: gettext('OK'),
      busy: gettext('Please wait…'),
      cancel: gettext('Close'),
      submit: () => Promise.resolve(),
    };
  }

  private undo({ id, may_be_undone_until: until }: Progress): (() => void) | undefined {
    if (id === null || !until) return undefined;
    const key = newKey();
    const again = () => void this.reverse(id, key).catch((error) => this.context.done({ text: changeErrorText(error), undo: again }));
    return again;
  }

  private async reverse(id: number, key: string): Promise<void> {
    const answer = await this.post({}, `${id}/undo/`, key);
    if (!answer.rows.length && answer.change.done < answer.change.total) return this.follow(answer.change);
    const failed = answer.rows.filter(({ outcome }) => outcome === 'refused');
    const numbers = { done: formatNumber(answer.rows.length - failed.length), count: formatNumber(answer.rows.length) };
    const names = failed.map(({ username, code }) => `${username}: ${refusal(code)}`);
    this.context.done({ text: [interpolate(gettext('Undone for {done} of {count}.'), numbers), ...names].join(' ') });
  }
}
