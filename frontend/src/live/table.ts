// The list of the board: groups of rows in one table, the clocks in them, and the buttons of each row.

import { type TemplateResult, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { type IconName, icon } from '../staff/icons';
import { statusWord } from '../staff/statuses';
import { address } from '../staff/table';
import { formatNumber, gettext, interpolate } from '../staff/i18n';
import type { Group, LiveRow, Order } from './types';
import { type Tag, attemptOf, clockTime, edgeOf, extraOf, headingOf, tagsOf } from './labels';

export const GROUPS: Group[] = ['attention', 'running', 'setting_up', 'ended'];
const COLUMNS = 7;

export interface TableContext {
  now: () => number;
  order: Order;
  has: (row: LiveRow) => boolean;
  toggle: (rows: LiveRow[], isChosen: boolean) => void;
  sort: (order: Order) => void;
  attemptUrl: (row: LiveRow) => string;
  actions: (row: LiveRow) => RowAction[];
  menu: (row: LiveRow) => TemplateResult;
  /** Which rows of the group are shown, and what shows or hides the others. */
  fold: (group: Group, rows: LiveRow[]) => { shown: LiveRow[]; isOpen: boolean; toggle?: () => void };
}

export interface RowAction {
  name: string;
  icon: IconName;
  label: string;
  short: string;
  run: () => void;
}

type Item = { key: string | number; row?: LiveRow; heading?: TemplateResult };

function none(): TemplateResult {
  return html`<span aria-hidden="true" class="soft">–</span><span class="visually-hidden">${gettext('none')}</span>`;
}

function fact(label: string, content: TemplateResult, kind: '' | 'is-empty' | 'key' = ''): TemplateResult {
  return html`<td role="cell" class="fact ${kind}" data-label=${label}>${content}</td>`;
}

/** The digits are written by the board's clock; here are only their places. */
function timeLeft(row: LiveRow): TemplateResult {
  const extra = extraOf(row);
  const under = (...texts: string[]) => html`<span class="sub">${texts.filter(Boolean).map((text, index) => html`${index ? ' · ' : ''}<span class="nowrap">${text}</span>`)}</span>`;
  const clock = html`<span data-left=${row.attempt_id}></span>`;
  if (row.group === 'ended') return html`<span><span class="soft">–</span>${under(statusWord(attemptOf(row)).label)}</span>`;
  if (row.paused_at) {
    const still = row.on_break ? gettext('on a break, clock stands still') : gettext('clock stands still');
    return html`<span><span class="time-left">${icon('pause')}${clock}</span>${under(still, extra)}</span>`;
  }
  if (row.time_left_seconds === null) return html`<span><span class="soft">–</span>${under(statusWord(attemptOf(row)).label, extra)}</span>`;
  const ends = row.ends_at ? interpolate(gettext('ends {time}'), { time: clockTime(row.ends_at) }) : '';
  const meter = html`<span class="meter" aria-hidden="true"><i data-used=${row.attempt_id}></i></span>`;
  return html`<span><span class="time-left" role="timer" aria-live="off">${clock}</span>${meter}${under(ends, extra)}</span>`;
}

function tag({ icon: name, tone, text }: Tag): TemplateResult {
  return html`<span class="tag" data-tone=${tone}>${icon(name)}<bdi>${text}</bdi></span>`;
}

function providerLine({ provider }: LiveRow): TemplateResult {
  if (!provider) return html`<span class="small soft">${gettext('no proctoring')}</span>`;
  const isDown = provider.reachable === false;
  const text = isDown ? interpolate(gettext('{name} unreachable'), { name: provider.label }) : provider.label;
  return html`<span class="status small" data-tone=${isDown ? 'bad' : 'neutral'}>${icon(isDown ? 'server' : 'lock')}<span><bdi>${text}</bdi></span></span>`;
}

function connection(row: LiveRow): TemplateResult {
  const sign: IconName = row.silent ? 'silent' : 'signal';
  const seen = row.seen_at
    ? html`<span class="status" data-tone=${row.silent ? 'bad' : 'good'}>${icon(sign)}<span data-seen=${row.seen_at}></span></span>`
    : html`<span class="small soft">${gettext('no sign yet')}</span>`;
  const isDumb = !row.shows_messages && row.group !== 'ended';
  return html`<span class="lines">
    ${seen} ${providerLine(row)} ${isDumb ? html`<span class="small soft">${gettext('cannot show messages')}</span>` : nothing}
  </span>`;
}

function actionButton({ name, icon: sign, label, short, run }: RowAction): TemplateResult {
  return html`<button type="button" class="btn btn-icon btn-quiet btn-small has-label" data-action=${name} aria-label=${label} title=${label} @click=${run}>
    ${icon(sign)}<span class="label-narrow" aria-hidden="true">${short}</span>
  </button>`;
}

function rowOf(row: LiveRow, context: TableContext): TemplateResult {
  const tags = tagsOf(row, context.now());
  const isChosen = context.has(row);
  const label = interpolate(gettext('Select {learner}, {exam}'), { learner: row.user.username, exam: row.exam.exam_name });
  const changed = (event: Event) => context.toggle([row], (event.target as HTMLInputElement).checked);
  return html`<tr role="row" data-attempt=${row.attempt_id} data-attention=${edgeOf(row) ?? nothing} data-chosen=${isChosen ? 'true' : nothing}>
    <td role="cell" class="choose">
      <label class="box"><input type="checkbox" aria-label=${label} .checked=${live(isChosen)} @change=${changed} /></label>
    </td>
    <th scope="row" role="rowheader">
      <span class="who"><bdi>${row.user.username}</bdi></span>${address(row.user.email)}
    </th>
    ${fact(gettext('Exam, room'), html`<span><bdi>${row.exam.exam_name}</bdi>${row.room ? html`<span class="sub"><bdi>${row.room}</bdi></span>` : nothing}</span>`)}
    ${fact(gettext('Time left'), timeLeft(row), 'key')}
    ${fact(gettext('Attention'), tags.length ? html`<span class="tags">${tags.map(tag)}</span>` : none(), tags.length ? '' : 'is-empty')}
    ${fact(gettext('Connection'), connection(row))}
    <td role="cell" class="row-actions">${context.actions(row).map(actionButton)}${context.menu(row)}</td>
  </tr>`;
}

function headingRow(group: Group, count: number, context: TableContext, isOpen: boolean, toggle?: () => void): TemplateResult {
  const title = headingOf(group);
  const hint: Record<string, string> = { attention: gettext('longest waiting first'), running: gettext('least time left first') };
  const about = context.order === 'attention' ? hint[group] : '';
  const words = isOpen ? gettext('Hide') : gettext('Show');
  return html`<tr role="row" class="divider">
    <th scope="rowgroup" role="rowheader" colspan=${COLUMNS}>
      ${title} · ${formatNumber(count)}${about ? `, ${about}` : ''}
      ${toggle ? html`<button type="button" class="link" aria-expanded=${isOpen ? 'true' : 'false'} aria-label="${words}: ${title}" @click=${toggle}>${words}</button>` : nothing}
    </th>
  </tr>`;
}

function items(rows: LiveRow[], context: TableContext): Item[] {
  return GROUPS.flatMap((group) => {
    const own = rows.filter((row) => row.group === group);
    if (!own.length) return [];
    const { shown, isOpen, toggle } = context.fold(group, own);
    const heading = headingRow(group, own.length, context, isOpen, toggle);
    return [{ key: group, heading }, ...shown.map((row): Item => ({ key: row.attempt_id, row }))];
  });
}

function sortable(order: Order, label: string, context: TableContext): TemplateResult {
  const isSorted = context.order === order;
  return html`<th scope="col" role="columnheader" aria-sort=${isSorted ? 'ascending' : nothing}>
    <button type="button" class="sort" @click=${() => context.sort(order)}>${label}${icon(isSorted ? 'asc' : 'sort')}</button>
  </th>`;
}

export function liveTable(rows: LiveRow[], context: TableContext): TemplateResult {
  const plain = (label: string) => html`<th scope="col" role="columnheader">${label}</th>`;
  return html`<div class="table-wrap">
    <table class="table" role="table">
      <caption class="visually-hidden">${gettext('Learners in an exam now; those that need attention first')}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader" class="choose"><span class="visually-hidden">${gettext('Select')}</span></th>
          ${sortable('name', gettext('Learner'), context)} ${plain(gettext('Exam, room'))} ${sortable('time_left', gettext('Time left'), context)}
          ${sortable('attention', gettext('Needs attention'), context)} ${plain(gettext('Connection'))}
          <th scope="col" role="columnheader"><span class="visually-hidden">${gettext('Actions')}</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(items(rows, context), ({ key }) => key, ({ row, heading }) => (row ? rowOf(row, context) : heading))}
      </tbody>
    </table>
  </div>`;
}
