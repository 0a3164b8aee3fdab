// Minutes, pauses and continuations of many attempts: one request, with a preview before it and an undo after it.

import { type TemplateResult, html, nothing } from 'lit';
import { change, isPassing, newKey, pause, read } from '../http';
import { checkMinutes } from './actions';
import { changeErrorText } from './errors';
import type { Notice } from './notices';
import { type Field, type Question, type Values, required } from './questions';
import { formatMoment, formatNumber, gettext, interpolate } from './text';

export type TimeAction = 'extend' | 'pause' | 'continue';
export const TIME_ACTIONS: readonly string[] = ['extend', 'pause', 'continue'];

/** Chosen attempts, or all that run in an exam. */
export type Scope = { attempt_ids: number[] } | { exam: number; name: string };

interface Row {
  attempt_id: number;
  username: string;
  outcome: 'possible' | 'done' | 'unchanged' | 'refused';
  code: string;
  gained: number;
  ends_before: string | null;
  ends_after: string | null;
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
  ask: (question: Question) => void;
  /** Say it, and read the list again. */
  done: (notice: Notice) => void;
  say: (text: string) => void;
  /** These attempts need not stay chosen. */
  release: (ids: number[]) => void;
  isConnected: () => boolean;
}

const POLL_MS = 5000;
const MOST_POLLS = 120;
const MOST = 500; // attempts of one change that are named

function headings(action: TimeAction): string {
  return {
    extend: gettext('Add minutes to {count} attempts'),
    pause: gettext('Pause {count} attempts'),
    continue: gettext('Continue {count} attempts'),
  }[action];
}

function headingsOfExam(action: TimeAction): string {
  return {
    extend: gettext('Add minutes to all running attempts in “{exam}”'),
    pause: gettext('Pause all running attempts in “{exam}”'),
    continue: gettext('Continue all paused attempts in “{exam}”'),
  }[action];
}

/** Why an attempt is refused. */
export function refusal(code: string): string {
  const words: Record<string, string> = {
    ended: gettext('The attempt has ended.'),
    time_is_over: gettext('The time is over.'),
    not_started: gettext('The attempt has not started.'),
    paused: gettext('The attempt is paused already.'),
    not_paused: gettext('The attempt is not paused.'),
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
  const numbers = { minutes: minutes(gained), end: ends ? formatMoment(ends) : gettext('unknown') };
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
      hint: gettext('A negative number takes time away; one minute stays.'),
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
    if ('exam' in scope) return interpolate(headingsOfExam(action), { exam: scope.name });
    return interpolate(headings(action), { count: formatNumber(scope.attempt_ids.length) });
  }

  private question(action: TimeAction, scope: Scope, given: Values): Question {
    const subject = 'exam' in scope ? { exam: scope.exam } : { attempt_ids: scope.attempt_ids };
    return {
      heading: this.heading(action, scope),
      fields: this.fields(action, given),
      confirm: gettext('Preview'),
      busy: gettext('Please wait…'),
      cancel: gettext('Cancel'),
      submit: async (values) => {
        const seconds = action === 'extend' ? { seconds: Math.round(Number(values.minutes) * 60) } : {};
        const body = { action, ...subject, ...seconds, reason: values.reason.trim() };
        const answer = await this.post({ ...body, dry_run: true });
        return this.preview(action, body, answer, () => this.question(action, scope, values));
      },
    };
  }

  /** What would happen to each attempt; the button counts those that would change. */
  private preview(action: TimeAction, body: object, { change: { total }, rows }: Answer, back: () => Question): Question {
    const refused = rows.filter(({ outcome }) => outcome === 'refused').length;
    const count = formatNumber(total - refused);
    const key = newKey(); // another try of the same change is not a second change
    const isAll = total <= rows.length;
    const text = html`<p>${this.summary(rows, refused)}</p>
      ${isAll ? nothing : html`<p class="hint">${interpolate(gettext('The first {count} of {total} attempts are shown.'), { count: formatNumber(rows.length), total: formatNumber(total) })}</p>`}
      ${listed(rows, action)}`;
    const common = { text, busy: gettext('Please wait…') };
    if (total === refused) {
      const heading = gettext('No attempt would change');
      return { ...common, heading, confirm: gettext('Back'), cancel: gettext('Close'), submit: () => Promise.resolve(back()) };
    }
    const heading = interpolate(headings(action), { count });
    return { ...common, heading, confirm: heading, cancel: gettext('Cancel'), submit: () => this.run(action, body, key) };
  }

  private summary(rows: Row[], refused: number): string {
    const numbers = { refused: formatNumber(refused), cut: formatNumber(rows.filter(({ is_cut }) => is_cut).length) };
    return interpolate(gettext('Refused: {refused}. Cut by the due date: {cut}.'), numbers);
  }

  private async run(action: TimeAction, body: object, key: string): Promise<Question | void> {
    const answer = await this.post(body, '', key);
    if (!answer.rows.length && answer.change.done < answer.change.total) {
      void this.follow(answer.change);
      return;
    }
    const failed = answer.rows.filter(({ outcome }) => outcome === 'refused');
    this.context.release(answer.rows.filter(({ outcome }) => outcome !== 'refused').map(({ attempt_id }) => attempt_id));
    const text = this.told(answer.rows.length - failed.length, answer.rows.length);
    const isUndoable = failed.length < answer.rows.length;
    this.context.done({ text, undo: isUndoable ? this.undo(answer.change) : undefined });
    if (failed.length) return this.failures(action, text, failed, body);
  }

  private told(done: number, count: number): string {
    return interpolate(gettext('Done for {done} of {count}.'), { done: formatNumber(done), count: formatNumber(count) });
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

  /** How far the worker has come, until it has finished. */
  private async follow(begun: Progress): Promise<void> {
    let now = begun;
    for (let polls = 0; now.done < now.total && polls < MOST_POLLS; polls += 1) {
      const numbers = { done: formatNumber(now.done), count: formatNumber(now.total) };
      this.context.say(interpolate(gettext('The attempts are being changed: {done} of {count}.'), numbers));
      await pause(POLL_MS);
      if (!this.context.isConnected()) return;
      try {
        now = (await read<Progress>(`${this.context.base()}time-changes/${begun.id}/`)).data ?? now;
      } catch (error) {
        if (!isPassing(error)) return this.context.say(changeErrorText(error));
      }
    }
    const failed = Object.values(now.failed).length;
    this.context.done({ text: this.told(now.done - failed, now.total), undo: now.done < now.total ? undefined : this.undo(now) });
    if (failed) this.context.ask(this.errors(now));
  }

  private errors({ failed, done, total }: Progress): Question {
    const errors = Object.entries(failed);
    const line = ([id, error]: [string, string]) =>
      html`<li>${interpolate(gettext('Attempt {id}: {error}'), { id, error })}</li>`;
    return {
      heading: this.told(done - errors.length, total),
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
