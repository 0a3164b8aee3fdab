// A table of rows. On narrow pages its rows are blocks; the roles keep it a table for screen readers.

import { type TemplateResult, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from './icons';
import { type Row, keyOf } from './list';
import { formatMoment, gettext, interpolate } from './i18n';

export interface Column<T> {
  /** As the interface orders by it; empty if it does not. */
  name: string;
  label: string;
  isMoment?: boolean;
  /** Null is shown as a dash. */
  cell: (row: T) => TemplateResult | string | null;
}

/** The rows that are chosen for one action on all of them. */
export interface Selection<T> {
  has: (row: T) => boolean;
  toggle: (rows: T[], isChosen: boolean) => void;
  label: (row: T) => string;
  /** Without it, all rows can be chosen. */
  can?: (row: T) => boolean;
}

export interface TableOptions<T> {
  caption: string;
  columns: Column<T>[]; // the first one is the row's heading
  rows: T[];
  ordering: string;
  isBusy: boolean;
  sort: (column: string, isMoment: boolean) => void;
  attention?: (row: T) => 'bad' | 'warn' | undefined;
  isOpen?: (row: T) => boolean;
  selection?: Selection<T>;
  /** Rows below the row that belong to it. */
  below?: (row: T) => TemplateResult | typeof nothing;
  /** Buttons at the end of the row. */
  actions?: (row: T) => TemplateResult;
}

function columnHeading<T>({ name, label, isMoment = false }: Column<T>, { ordering, sort }: TableOptions<T>): TemplateResult {
  if (!name) return html`<th scope="col" role="columnheader">${label}</th>`;
  const isDescending = ordering === `-${name}`;
  const isSorted = isDescending || ordering === name;
  const direction = isDescending ? 'descending' : 'ascending';
  const shape = isSorted ? (isDescending ? 'desc' : 'asc') : 'sort';
  return html`<th scope="col" role="columnheader" aria-sort=${isSorted ? direction : nothing}>
    <button type="button" class="sort" @click=${() => sort(name, isMoment)}>${label}${icon(shape)}</button>
  </th>`;
}

/** A cell with its heading, which narrow pages show beside it; an empty one is left out there. */
function fact(label: string, content: TemplateResult | string | null): TemplateResult {
  const none = html`<span aria-hidden="true" class="soft">–</span><span class="visually-hidden">${gettext('none')}</span>`;
  return html`<td role="cell" class=${content ? 'fact' : 'fact is-empty'} data-label=${label}>${typeof content === 'string' && content ? html`<span>${content}</span>` : content || none}</td>`;
}

/** For cells: a moment in the reader's zone; null if there is none. */
export function moment(text: string | null | undefined): TemplateResult | null {
  return text ? html`<span class="num"><time datetime=${text}>${formatMoment(text)}</time></span>` : null;
}

function box(isChosen: boolean, label: string, toggle: (isChosen: boolean) => void): TemplateResult {
  const changed = (event: Event) => toggle((event.target as HTMLInputElement).checked);
  return html`<label class="box">
    <input type="checkbox" aria-label=${label} .checked=${live(isChosen)} @change=${changed} />
  </label>`;
}

function choice<T>(one: T, { has, label, toggle, can }: Selection<T>): TemplateResult {
  const isOffered = can?.(one) ?? true;
  return html`<td role="cell" class="choose">${isOffered ? box(has(one), label(one), (isChosen) => toggle([one], isChosen)) : nothing}</td>`;
}

/** The cells of a row after its heading. */
export function cells<T>(columns: Column<T>[], row: T): TemplateResult[] {
  return columns.map(({ label, cell }) => fact(label, cell(row)));
}

function withRowsBelow<T>(one: T, options: TableOptions<T>): TemplateResult {
  return html`${row(one, options)}${options.below?.(one) ?? nothing}`;
}

function row<T>(one: T, options: TableOptions<T>): TemplateResult {
  const { columns, selection, actions, attention, isOpen } = options;
  const [first, ...others] = columns;
  return html`<tr
    role="row"
    class=${isOpen?.(one) ? 'is-open' : ''}
    data-attention=${attention?.(one) ?? nothing}
    data-chosen=${selection?.has(one) ? 'true' : nothing}
  >
    ${selection ? choice(one, selection) : nothing}
    <th scope="row" role="rowheader">${first.cell(one)}</th>
    ${cells(others, one)}
    ${actions ? html`<td role="cell" class="row-actions">${actions(one)}</td>` : nothing}
  </tr>`;
}

function head<T>(options: TableOptions<T>): TemplateResult {
  const { columns, rows, selection, actions } = options;
  const offered = rows.filter((one) => selection?.can?.(one) ?? true);
  const all = offered.length > 0 && offered.every((one) => selection?.has(one));
  const label = gettext('Select all on this page');
  return html`<tr role="row">
    ${selection
      ? html`<th scope="col" role="columnheader" class="choose">
          ${box(all, label, (isChosen) => selection.toggle(offered, isChosen))}
        </th>`
      : nothing}
    ${columns.map((column) => columnHeading(column, options))}
    ${actions
      ? html`<th scope="col" role="columnheader"><span class="visually-hidden">${gettext('Actions')}</span></th>`
      : nothing}
  </tr>`;
}

/** Without boxes if no row can be chosen. */
function withUsefulBoxes<T>(options: TableOptions<T>): TableOptions<T> {
  const { rows, selection } = options;
  return rows.some((one) => selection?.can?.(one) ?? true) ? options : { ...options, selection: undefined };
}

export function table<T extends Row>(given: TableOptions<T>): TemplateResult {
  const options = withUsefulBoxes(given);
  const { caption, rows, isBusy } = options;
  return html`<div class="table-wrap">
    <table class=${isBusy ? 'table busy' : 'table'} role="table" aria-busy=${isBusy ? 'true' : 'false'}>
      <caption class="visually-hidden">${caption}</caption>
      <thead role="rowgroup">${head(options)}</thead>
      <tbody role="rowgroup">${repeat(rows, keyOf, (one) => withRowsBelow(one, options))}</tbody>
    </table>
  </div>`;
}

/** The place of a table that is being loaded. */
export function loadingTable(text: string, columns: number): TemplateResult {
  const cells = Array.from({ length: columns }, () => html`<td><span class="skeleton"></span></td>`);
  return html`<p class="visually-hidden" role="status">${text}</p>
    <div class="table-wrap" aria-hidden="true">
      <table class="table" role="presentation">
        <tbody>${Array.from({ length: 8 }, () => html`<tr>${cells}</tr>`)}</tbody>
      </table>
    </div>`;
}

/** An address that breaks before its @, rather than within a word, where the column is narrow. */
export function address(email: string): TemplateResult {
  const at = email.lastIndexOf('@');
  return html`<span class="sub"><bdi>${email.slice(0, Math.max(at, 0))}<wbr />${email.slice(Math.max(at, 0))}</bdi></span>`;
}

/** The learner of a row, as its heading; `open` makes the name a button. */
export function learnerCell(user: { username: string; email?: string }, open?: () => void): TemplateResult {
  const name = html`<bdi class="who">${user.username}</bdi>`;
  const label = interpolate(gettext('Details of {learner}'), { learner: user.username });
  const shown = open ? html`<button type="button" class="link-name" aria-label=${label} @click=${open}>${name}</button>` : name;
  return html`${shown}${user.email ? address(user.email) : nothing}`;
}
