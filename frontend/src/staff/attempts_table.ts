// The table of attempts. On narrow pages its rows are blocks; the roles keep it a table for screen readers.

import { type TemplateResult, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from './icons';
import { type Attempt, attentionOf, examTypes, statusWord } from './statuses';
import { formatMoment, formatNumber, gettext, interpolate } from './text';

interface Column {
  name: string; // as the interface orders by it
  label: string;
  isMoment?: boolean;
}

type Sort = (column: string, isMoment: boolean) => void;

function columns(): Column[] {
  return [
    { name: 'username', label: gettext('Learner') },
    { name: 'exam_name', label: gettext('Exam') },
    { name: 'started_at', label: gettext('Started'), isMoment: true },
    { name: 'completed_at', label: gettext('Handed in'), isMoment: true },
    { name: 'allowed_time_limit_mins', label: gettext('Time limit') },
    { name: 'status', label: gettext('Status') },
  ];
}

function heading({ name, label, isMoment = false }: Column, ordering: string, sort: Sort): TemplateResult {
  const isDescending = ordering === `-${name}`;
  const isSorted = isDescending || ordering === name;
  const direction = isDescending ? 'descending' : 'ascending';
  const shape = isSorted ? (isDescending ? 'desc' : 'asc') : 'sort';
  return html`<th scope="col" role="columnheader" aria-sort=${isSorted ? direction : nothing}>
    <button type="button" class="sort" @click=${() => sort(name, isMoment)}>${label}${icon(shape)}</button>
  </th>`;
}

/** A cell with its heading, which narrow pages show beside it; an empty one is left out there. */
function fact(label: string, content: TemplateResult | null): TemplateResult {
  const none = html`<span aria-hidden="true" class="soft">–</span><span class="visually-hidden">${gettext('none')}</span>`;
  return html`<td role="cell" class=${content ? 'fact' : 'fact is-empty'} data-label=${label}>${content ?? none}</td>`;
}

function moment(text: string | null): TemplateResult | null {
  return text ? html`<span class="num"><time datetime=${text}>${formatMoment(text)}</time></span>` : null;
}

function minutes(count: number | null): TemplateResult | null {
  if (count === null) return null;
  return html`<span class="num">${interpolate(gettext('{count} min'), { count: formatNumber(count) })}</span>`;
}

function row(attempt: Attempt): TemplateResult {
  const { user, exam } = attempt;
  const [, examLabel, started, completed, limit, status] = columns().map(({ label }) => label);
  const word = statusWord(attempt);
  return html`<tr role="row" data-attention=${attentionOf(attempt) ?? nothing}>
    <th scope="row" role="rowheader">
      <bdi class="who">${user.username}</bdi><span class="sub"><bdi>${user.email}</bdi></span>
    </th>
    ${fact(examLabel, html`<span><bdi>${exam.exam_name}</bdi><span class="sub">${examTypes()[exam.type] ?? exam.type}</span></span>`)}
    ${fact(started, moment(attempt.started_at))} ${fact(completed, moment(attempt.completed_at))}
    ${fact(limit, minutes(attempt.allowed_time_limit_mins))}
    ${fact(status, html`<span class="status" data-tone=${word.tone}>${icon(word.icon)}<span>${word.label}</span></span>`)}
  </tr>`;
}

export function attemptsTable(attempts: Attempt[], ordering: string, isBusy: boolean, sort: Sort): TemplateResult {
  const caption = ordering ? gettext('Attempts') : gettext('Attempts, newest first');
  return html`<div class="table-wrap">
    <table class=${isBusy ? 'table busy' : 'table'} role="table" aria-busy=${isBusy ? 'true' : 'false'}>
      <caption class="visually-hidden">${caption}</caption>
      <thead role="rowgroup">
        <tr role="row">${columns().map((column) => heading(column, ordering, sort))}</tr>
      </thead>
      <tbody role="rowgroup">${repeat(attempts, ({ id }) => id, row)}</tbody>
    </table>
  </div>`;
}

/** A placeholder while the table is loading. */
export function loadingTable(): TemplateResult {
  const cells = columns().map(() => html`<td><span class="skeleton"></span></td>`);
  return html`<p class="visually-hidden" role="status">${gettext('Loading attempts…')}</p>
    <div class="table-wrap" aria-hidden="true">
      <table class="table" role="presentation">
        <tbody>${Array.from({ length: 8 }, () => html`<tr>${cells}</tr>`)}</tbody>
      </table>
    </div>`;
}
