// Outages of a provider: affected learners, and credits for lost time, once per learner.

import { type TemplateResult, html, nothing } from 'lit';
import { change, newKey } from '../http';
import { icon } from '../staff/icons';
import type { Notice } from '../staff/notices';
import { type Field, type Question, type Values, required } from '../staff/dialogs';
import { formatMoment, formatNumber, gettext, interpolate, ngettext } from '../staff/i18n';
import type { Outage } from './types';
import { clockTime, minutes } from './labels';

interface Lost {
  attempt_id: number;
  username: string;
  seconds: number;
  gained: number;
  ends_after: string | null;
  is_cut: boolean;
  refused: string;
}

interface Credited {
  username: string;
  outcome: string;
  gained: number;
}

export interface OutageContext {
  base: () => string;
  exams: () => { id: number; exam_name: string }[];
  now: () => number;
  ask: (question: Question) => void;
  done: (notice: Notice) => void;
  tell: (outage: Outage) => void;
  mayManage: () => boolean;
}

/** For a field with a local date and time, to the second. */
function local(milliseconds: number): string {
  const date = new Date(milliseconds);
  return new Date(milliseconds - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function refusal(code: string): string {
  const words: Record<string, string> = {
    ended: gettext('The attempt has ended.'),
    time_is_over: gettext('The time is over.'),
    nothing_lost: gettext('nothing lost'),
  };
  return words[code] ?? code;
}

function inMinutes(seconds: number): string {
  return interpolate(gettext('{count} min'), { count: formatNumber(Math.round(seconds / 6) / 10) });
}

export class Outages {
  constructor(private readonly context: OutageContext) {}

  banner(outage: Outage): TemplateResult {
    const { name, since, cannot_start: waiting, unwatched, last_try: tried } = outage;
    const words = { name, ...(since && { time: clockTime(since), age: minutes(this.context.now() - Date.parse(since)) }) };
    const title = since ? gettext('{name} unreachable since {time} ({age}).') : gettext('{name} unreachable');
    const count = { count: formatNumber(waiting + unwatched) };
    return html`<section class="banner" data-tone="bad" aria-label=${interpolate(gettext('{name} unreachable'), words)}>
      ${icon('warn')}
      <div>
        <p>
          <strong>${interpolate(title, words)}</strong>
          ${interpolate(gettext('Learners who can’t start: {count}.'), { count: formatNumber(waiting) })}
          ${interpolate(gettext('Exams that run on without proctoring: {count}.'), { count: formatNumber(unwatched) })}
        </p>
        ${tried ? html`<p class="small">${interpolate(gettext('Last try at {time}. Exams start by themselves as soon as it answers.'), { time: clockTime(tried, 'medium') })}</p>` : nothing}
      </div>
      <div class="actions">
        <button type="button" class="btn btn-small" @click=${() => this.context.tell(outage)}>${interpolate(gettext('Tell the learners ({count})'), count)}</button>
        ${this.context.mayManage()
          ? html`<button type="button" class="btn btn-small" @click=${() => this.credit(outage)}>${gettext('Credit the lost time…')}</button>`
          : nothing}
      </div>
    </section>`;
  }

  /** The dialog; without a detected outage, staff enter one that only they know of. */
  credit(outage?: Outage): void {
    this.context.ask(this.question(outage));
  }

  private fields(outage?: Outage): Field[] {
    const now = this.context.now();
    const exams = this.context.exams().map(({ id, exam_name: name }): [string, string] => [String(id), name]);
    return [
      { name: 'began_at', label: gettext('Unreachable from'), kind: 'moment', value: local(outage?.since ? Date.parse(outage.since) : now - 600_000), check: required(gettext('Say when it began.')) },
      {
        name: 'ended_at',
        label: gettext('Until'),
        kind: 'moment',
        value: local(now),
        hint: gettext('If it still goes on, you can credit what is lost so far and add the rest later. No minute is credited twice.'),
        check: required(gettext('Say when it ended.')),
      },
      { name: 'exam', label: gettext('Exam'), kind: 'select', options: [['', gettext('All exams')], ...exams] },
      {
        name: 'whole',
        label: gettext('What is given back'),
        kind: 'select',
        options: [
          ['', gettext('The time in which a learner’s page was silent')],
          ['true', gettext('The whole time, to everybody')],
        ],
      },
      {
        name: 'reason',
        label: gettext('Reason in the record'),
        value: outage ? interpolate(gettext('{name} unreachable'), { name: outage.name }) : '',
        check: required(gettext('Write a reason.')),
      },
    ];
  }

  private question(outage?: Outage): Question {
    const heading = outage ? interpolate(gettext('Credit the time lost at {name}'), { name: outage.name }) : gettext('Credit lost time');
    return {
      heading,
      fields: this.fields(outage),
      confirm: gettext('Preview'),
      busy: gettext('Please wait…'),
      cancel: gettext('Cancel'),
      submit: (values) => this.look(values, outage),
    };
  }

  /** The outage is declared only together with the credit. */
  private async look(values: Values, outage?: Outage): Promise<Question> {
    const moment = (text: string) => new Date(text).toISOString();
    const body = {
      began_at: moment(values.began_at),
      ended_at: moment(values.ended_at),
      reason: values.reason.trim(),
      whole: values.whole === 'true',
      ...(outage && { provider: outage.provider }),
      ...(values.exam && { exam: Number(values.exam) }),
    };
    const { count, results } = (await change<{ count: number; results: Lost[] }>('POST', `${this.url()}preview/`, body))!;
    return this.preview(body, results, count);
  }

  private url(): string {
    return `${this.context.base()}outages/`;
  }

  private preview(body: object, rows: Lost[], count: number): Question {
    const credited = rows.filter(({ refused }) => !refused);
    const numbers = { shown: formatNumber(rows.length), count: formatNumber(count) };
    const text = html`${count > rows.length ? html`<p class="hint">${interpolate(gettext('The first {shown} of {count} are shown.'), numbers)}</p>` : nothing}
      ${this.table(rows)}`;
    const common = { text, busy: gettext('Please wait…'), cancel: gettext('Cancel') };
    if (!credited.length && count <= rows.length) {
      return { ...common, heading: gettext('Nobody has lost time'), confirm: gettext('OK'), submit: () => Promise.resolve() };
    }
    const heading = count > rows.length ? gettext('Credit all of them') : ngettext('Credit {count} attempt', 'Credit {count} attempts', credited.length);
    // a repeated request causes neither a second outage nor a second credit
    const keys: [string, string] = [newKey(), newKey()];
    return { ...common, heading, confirm: heading, submit: () => this.give(body, keys) };
  }

  private table(rows: Lost[]): TemplateResult {
    const head = [gettext('Learner'), gettext('Lost'), gettext('Credited'), gettext('Ends then')];
    const given = ({ gained, is_cut, refused }: Lost) => {
      if (refused) return refusal(refused);
      return is_cut ? html`<span class="cut">${interpolate(gettext('{time}, cut by the due date'), { time: inMinutes(gained) })}</span>` : inMinutes(gained);
    };
    const line = (row: Lost) => html`<tr>
      <th scope="row"><bdi>${row.username}</bdi></th>
      <td>${inMinutes(row.seconds)}</td>
      <td>${given(row)}</td>
      <td>${row.ends_after ? formatMoment(row.ends_after) : '–'}</td>
    </tr>`;
    return html`<div class="preview" tabindex="0" role="region" aria-label=${gettext('Time lost and credited for each attempt')}>
      <table class="table-plain">
        <thead><tr>${head.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
        <tbody>${rows.map(line)}</tbody>
      </table>
    </div>`;
  }

  private async give(body: object, [declared, credited]: [string, string]): Promise<Question | void> {
    const { id } = (await change<{ id: number }>('POST', this.url(), body, { 'Idempotency-Key': declared }))!;
    const url = `${this.url()}${id}/credit/`;
    const found = await change<{ attempts: Credited[]; outage: { total: number } }>('POST', url, {}, { 'Idempotency-Key': credited });
    const rows = found?.attempts ?? [];
    const done = rows.filter(({ outcome }) => outcome === 'credited').length;
    const numbers = { done: formatNumber(done), count: formatNumber(rows.length) };
    const isLeft = !rows.length && Boolean(found?.outage.total);
    this.context.done({ text: isLeft ? gettext('The time is given back in the next minutes.') : interpolate(gettext('Done for {done} of {count}.'), numbers) });
  }
}
