// The section "Attempts": the newest attempt of each learner and exam.

import { LitElement, type PropertyValues, type TemplateResult, html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { read } from '../http';
import { attemptsTable, loadingTable } from './attempts_table';
import { type Exam, chips, toolbar } from './attempts_toolbar';
import { icon } from './icons';
import { List, type Page } from './list';
import { pager, pagePosition } from './pager';
import { type ListQuery, addressOf, hasFilters, nextOrdering, parseQuery } from './query';
import type { Attempt } from './statuses';
import { styles } from './styles';
import { formatNumber, gettext, interpolate, timeZone } from './text';

const TYPING_MS = 400;
const ALL = { search: '', exam: '', type: '', status: '' };

/** Attributes: `course-id`, `api-base`, `query` (the initial state). Dispatches `proctoring-query` when that changes. */
export class ProctoringAttempts extends LitElement {
  static override styles = styles;
  static override properties = {
    courseId: { attribute: 'course-id' },
    apiBase: { attribute: 'api-base' },
    query: {},
  };
  declare courseId: string;
  declare apiBase: string;
  declare query: string;

  private exams: Exam[] = [];
  private examsAsked = ''; // the address, until it has answered
  private announcement = '';
  private typing?: ReturnType<typeof setTimeout>;
  private readonly list = new List<Attempt>(
    this,
    () => (this.apiBase ? `${this.apiBase}attempts/` : ''),
    (page) => this.loaded(page),
  );

  constructor() {
    super();
    this.courseId = '';
    this.apiBase = '';
    this.query = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.typing);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const isOther = changed.has('apiBase') || (changed.has('query') && this.query !== addressOf(this.list.query));
    if (isOther && this.apiBase) void this.list.change(parseQuery(this.query));
    if (!changed.has('apiBase') || !this.apiBase) return;
    this.exams = [];
    void this.loadExams();
  }

  /** Focuses the heading, after the user has changed to this section. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('h2')?.focus();
  }

  private change(query: Partial<ListQuery>): void {
    clearTimeout(this.typing);
    void this.list.change(query);
    this.tell();
  }

  /** Notify the page of the current state, for its URL. */
  private tell(): void {
    const query = addressOf(this.list.query);
    if (query === this.query) return;
    this.query = query;
    this.dispatchEvent(new CustomEvent('proctoring-query', { detail: query, bubbles: true, composed: true }));
  }

  private search(search: string, isFinished: boolean): void {
    clearTimeout(this.typing);
    if (search === this.list.query.search) return;
    if (isFinished) this.change({ search });
    else this.typing = setTimeout(() => this.change({ search }), TYPING_MS);
  }

  private loaded(page: Page<Attempt>): void {
    const found = interpolate(gettext('Attempts found: {count}'), { count: formatNumber(page.count) });
    this.announcement = [found, pagePosition(page.count, this.list.query)].join('. ');
    this.requestUpdate();
    this.tell(); // a page beyond the end has become the first
    if (!this.exams.length) void this.loadExams();
  }

  /** Load the exams for the filter. */
  private async loadExams(): Promise<void> {
    const url = `${this.apiBase}exams/?ordering=exam_name&page_size=200`;
    if (url === this.examsAsked) return;
    this.examsAsked = url;
    const answer = await read<Page<Exam>>(url).catch(() => null);
    if (url !== this.examsAsked) return; // of another course
    this.examsAsked = '';
    this.exams = answer?.data?.results ?? [];
    this.requestUpdate();
  }

  /** Remove filters; the focus goes to the search, because the button that was pressed may be gone. */
  private clear(query: Partial<ListQuery>): void {
    this.change(query);
    this.renderRoot.querySelector<HTMLElement>('input')?.focus();
  }

  private showWaiting(): void {
    this.list.showWaiting();
    this.focus();
  }

  private head(): TemplateResult {
    const text = gettext('Newest attempt of each learner and exam. Times in {zone}.');
    const { failure, page, updatedAt } = this.list;
    return html`<div class="section-head">
      <div>
        <h2 tabindex="-1">${gettext('Attempts')}</h2>
        <p>${interpolate(text, { zone: timeZone() })}</p>
      </div>
      <proctoring-freshness
        .updatedAt=${page ? updatedAt : 0}
        .late=${failure !== null}
        @proctoring-refresh=${() => void this.list.load()}
      ></proctoring-freshness>
    </div>`;
  }

  /** Try again; if this succeeds, the button disappears and the heading gets the focus. */
  private async tryAgain(): Promise<void> {
    await this.list.load();
    if (!this.list.failure) this.focus();
  }

  private retry(): TemplateResult {
    return html`<button type="button" class="btn" @click=${() => void this.tryAgain()}>
      ${icon('refresh')}${gettext('Try again')}
    </button>`;
  }

  private waiting(): string {
    const count = this.list.newRows();
    return count ? interpolate(gettext('Show new attempts: {count}'), { count: formatNumber(count) }) : '';
  }

  /** A message above the rows: a failure, or newer rows that are waiting. */
  private banners(): TemplateResult | typeof nothing {
    const { failure, page } = this.list;
    if (failure && page) {
      return html`<div class="banner" data-tone="bad" role=${failure.isOwn ? 'alert' : nothing}>
        ${icon('warn')}
        ${keyed(failure, html`<p><strong>${gettext('The attempts could not be loaded')}</strong> ${failure.text}</p>`)}
        ${this.retry()}
      </div>`;
    }
    const waiting = this.waiting();
    if (!waiting) return nothing;
    return html`<div class="banner">
      <button type="button" class="btn" @click=${() => this.showWaiting()}>${waiting}</button>
    </div>`;
  }

  private empty(): TemplateResult {
    if (!hasFilters(this.list.query)) {
      const text = gettext('An attempt appears here as soon as a learner opens a timed or proctored exam of this course.');
      return html`<div class="empty">${icon('file')}<h3>${gettext('No attempts yet')}</h3><p>${text}</p></div>`;
    }
    return html`<div class="empty">
      ${icon('search')}
      <h3>${gettext('No attempt matches')}</h3>
      <button type="button" class="btn" @click=${() => this.clear(ALL)}>${gettext('Clear all filters')}</button>
    </div>`;
  }

  private content(): TemplateResult {
    const { page, failure, query, isBusy } = this.list;
    if (!page && failure) {
      return html`<div class="empty" role="alert">
        ${icon('warn')}
        <h3>${gettext('The attempts could not be loaded')}</h3>
        ${keyed(failure, html`<p>${failure.text}</p>`)}
        ${this.retry()}
      </div>`;
    }
    if (!page) return loadingTable();
    if (!page.results.length) return this.empty();
    const sort = (column: string, isMoment: boolean) =>
      this.change({ ordering: nextOrdering(query.ordering, column, isMoment) });
    return html`${attemptsTable(page.results, query.ordering, isBusy, sort)}
    ${pager(page.count, query, (change) => this.change(change))}`;
  }

  override render(): TemplateResult {
    const { query, isBusy, failure } = this.list;
    return html`<div class="px">
      ${this.head()}
      <div class="card">
        ${toolbar(query, this.exams, {
          search: (text, isFinished) => this.search(text, isFinished),
          choose: (change) => this.change(change),
        })}
        ${chips(query, this.exams, (change) => this.clear(change), () => this.clear(ALL))} ${this.banners()} ${this.content()}
      </div>
      <p class="visually-hidden" role="status">${isBusy || failure ? '' : this.waiting() || this.announcement}</p>
    </div>`;
  }
}
