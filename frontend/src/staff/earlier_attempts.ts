// Earlier attempts of a learner in an exam, which open below the row of the newest one.

import { type ReactiveController, type TemplateResult, html, nothing } from 'lit';
import { RequestFailed, read } from '../http';
import { errorText } from './errors';
import { icon } from './icons';
import type { Section } from './section';
import { type Attempt, type AttemptDetails, type EarlierAttempt, statusWord } from './statuses';
import { type Column, cells } from './table';
import { formatNumber, gettext, interpolate, ngettext } from './i18n';

type Shown = Pick<Attempt, 'id' | 'user' | 'exam' | 'earlier_count'>;

export class EarlierAttempts implements ReactiveController {
  /** By the id of the newest one: null while they are read, a text if that failed. */
  private readonly open = new Map<number, EarlierAttempt[] | string | null>();

  constructor(
    private readonly host: Section<Attempt>,
    private readonly show: (id: number) => void,
  ) {
    host.addController(this);
  }

  hostConnected(): void {}

  private async toggle(id: number): Promise<void> {
    if (this.open.delete(id)) return this.host.requestUpdate();
    this.open.set(id, null);
    this.host.requestUpdate();
    const found = await read<AttemptDetails>(`${this.host.apiBase}attempts/${id}/`).then(
      ({ data }) => data!.earlier,
      (error: RequestFailed) => errorText(error),
    );
    if (this.open.has(id)) this.open.set(id, found);
    this.host.requestUpdate();
  }

  /** "3 attempts", if there are more than one. */
  button({ id, user, exam, earlier_count: earlier }: Shown): TemplateResult | typeof nothing {
    if (!earlier) return nothing;
    const isOpen = this.open.has(id);
    return html`<button type="button" class="btn btn-small" aria-expanded=${isOpen ? 'true' : 'false'} @click=${() => void this.toggle(id)}>
      ${icon(isOpen ? 'down' : 'right')}${ngettext('{count} attempt', '{count} attempts', earlier + 1)}
      <span class="visually-hidden">${user.username}, ${exam.exam_name}</span>
    </button>`;
  }

  /** The rows below the newest one. */
  rows(newest: Attempt, columns: Column<Attempt>[]): TemplateResult | typeof nothing {
    const found = this.open.get(newest.id);
    if (found === undefined) return nothing;
    if (typeof found === 'string') return this.note(columns, html`<span role="alert">${found}</span>`);
    if (found === null) return this.note(columns, html`<span role="status">${gettext('Loading…')}</span>`);
    return html`${found.map((one, index) => this.row(newest, one, found.length - index, columns))}`;
  }

  private note(columns: Column<Attempt>[], content: TemplateResult): TemplateResult {
    return html`<tr role="row" class="child"><td role="cell" colspan=${columns.length + 2}>${content}</td></tr>`;
  }

  private row(newest: Attempt, earlier: EarlierAttempt, number: number, columns: Column<Attempt>[]): TemplateResult {
    const attempt: Attempt = { ...newest, paused: null, ends_at: null, allowed_time_limit_mins: null, ...earlier };
    const word = statusWord(attempt);
    const name = interpolate(gettext('Attempt {number}'), { number: formatNumber(number) });
    const others = columns.slice(1).map((column) => {
      if (column.name === 'exam_name') return { ...column, cell: () => null };
      if (column.name === 'status') return { ...column, cell: () => html`<span class="status" data-tone=${word.tone}>${icon(word.icon)}<span>${word.label}</span></span>` };
      return column;
    });
    return html`<tr role="row" class="child">
      <td role="cell" class="choose"></td>
      <th scope="row" role="rowheader">
        <button type="button" class="link" @click=${() => this.show(earlier.id)}>${name}<span class="visually-hidden"> · ${newest.user.username}</span></button>
      </th>
      ${cells(others, attempt)}
      <td role="cell" class="row-actions"></td>
    </tr>`;
  }
}
