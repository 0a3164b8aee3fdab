// What all sections of the staff page have in common: a list with search, filters, order and pages, kept up to date.

import { LitElement, type PropertyValues, type TemplateResult, html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { exportButton, exportQuestion } from './exports';
import { type Filter, type SearchWords, chips, toolbar } from './filters';
import { heading } from './heading';
import { type IconName, icon } from './icons';
import { List, type Page, type Row } from './list';
import { Menu } from './menu';
import { Notices } from './notices';
import { pager, pagePosition } from './pager';
import { type ListQuery, addressOf, filtersOf, hasFilters, nextOrdering, parseQuery } from './list_query';
import { type Field, Dialogs } from './dialogs';
import { styles } from './styles';
import { type TableOptions, loadingTable, table } from './table';
import { formatCount, formatNumber, gettext, interpolate } from './i18n';

const TYPING_MS = 400;

/** The texts of a section; `{count}` is filled in. */
export interface Texts {
  title: string;
  intro: string;
  found: string;
  newer: string;
  failed: string;
  loading: string;
  none: string;
  noneHint: string;
  noMatch: string;
  search: SearchWords;
}

/** Attributes: `course-id`, `api-base`, `query` (what to show first), `heading-level` (2). Fires `proctoring-query`. */
export abstract class Section<T extends Row> extends LitElement {
  static override styles = styles;
  static override properties = {
    courseId: { attribute: 'course-id' },
    apiBase: { attribute: 'api-base' },
    query: {},
    headingLevel: { attribute: 'heading-level', type: Number },
  };
  declare courseId: string;
  declare apiBase: string;
  declare query: string;
  declare headingLevel: number;

  protected announcement = '';
  protected readonly emptyIcon: IconName = 'file';
  private typing?: ReturnType<typeof setTimeout>;
  protected readonly dialogs = new Dialogs(this);
  protected readonly notices = new Notices(this);
  protected readonly menu = new Menu(this);
  protected readonly list: List<T> = new List<T>(
    this,
    () => (this.apiBase ? `${this.apiBase}${this.resource()}` : ''),
    () => this.filters(),
    (page) => this.loaded(page),
  );

  constructor() {
    super();
    this.courseId = '';
    this.apiBase = '';
    this.query = '';
    this.headingLevel = 2;
  }

  /** Whether a dialog is open. */
  get isAsking(): boolean {
    return this.dialogs.isOpen;
  }

  /** Whether the reader lacks permission to see the list. */
  get isRefused(): boolean {
    return this.list.isRefused;
  }

  protected abstract resource(): string;
  protected abstract texts(): Texts;
  protected abstract filters(): Filter[];
  protected abstract table(rows: T[]): Pick<TableOptions<T>, 'caption' | 'columns'> & Partial<TableOptions<T>>;

  /** Whether the course cannot have such a list, which is no failure. */
  protected get isNeedless(): boolean {
    return false;
  }

  /** Buttons beside the heading. */
  protected headActions(): TemplateResult | typeof nothing {
    return nothing;
  }

  /**
   * Asks for the rows that the filters leave, or all, as a file. `more` is asked, too, with the names of parameters.
   */
  protected exportButton(more: Field[] = []): TemplateResult {
    return exportButton(() => this.dialogs.ask(exportQuestion({ title: this.texts().title, fields: [...this.exportedRows(), ...more], address: (values) => {
      const address = new URL(`${this.apiBase}${this.resource()}export/`, window.location.origin);
      if (values.rows !== 'all') address.search = filtersOf(this.list.query, this.filters()).toString();
      for (const { name } of more) if (values[name]) address.searchParams.set(name, 'true');
      return address;
    } })));
  }

  /** Without filters, there is nothing to choose. */
  private exportedRows(): Field[] {
    const { page, query } = this.list;
    if (!hasFilters(query)) return [];
    const shown = interpolate(gettext('What the filters show now: {count}'), { count: page ? formatCount(page) : '–' });
    return [{ name: 'rows', label: gettext('Rows'), kind: 'radio', value: 'shown', options: [['shown', shown], ['all', gettext('Everything in this course')]] }];
  }

  /** Between the heading and the list. */
  protected above(): TemplateResult | typeof nothing {
    return nothing;
  }

  /** Beside the list. */
  protected aside(): TemplateResult | typeof nothing {
    return nothing;
  }

  /** Whether a modal dialog shows the section's notices. */
  protected get isCovered(): boolean {
    return false;
  }

  /** Below the table, such as the bar for the chosen rows. */
  protected below(): TemplateResult | typeof nothing {
    return nothing;
  }

  /** Further state in the URL, such as the open row. */
  protected ownAddress(): Record<string, string> {
    return {};
  }

  protected follow(query: URLSearchParams): void {
    void query;
  }

  /** The list is shown for another course. */
  protected begun(): void {}

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.typing);
  }

  /** Read again now, for example because the host has opened the tab. */
  refresh(): void {
    if (this.apiBase) void this.list.load();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const isOther = changed.has('apiBase') || (changed.has('query') && this.query !== this.address());
    if (isOther && this.apiBase) {
      this.follow(new URLSearchParams(this.query));
      void this.list.change(parseQuery(this.query));
    }
    if (changed.has('apiBase') && this.apiBase) this.begun();
  }

  /** The heading: where the reader is after she has chosen this section. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('.section-head .heading')?.focus();
  }

  protected change(query: Partial<ListQuery>): void {
    clearTimeout(this.typing);
    void this.list.change(query);
    this.tell();
  }

  private address(): string {
    const found = new URLSearchParams(addressOf(this.list.query));
    for (const [name, value] of Object.entries(this.ownAddress())) if (value) found.set(name, value);
    return found.toString();
  }

  /** Tell the page what is shown now, for its address. */
  protected tell(): void {
    const query = this.address();
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

  protected loaded(page: Page<T>): void {
    const found = interpolate(this.texts().found, { count: formatCount(page) });
    this.announcement = [found, pagePosition(page, this.list.query)].join('. ');
    this.requestUpdate();
    this.tell(); // a page beyond the end has become the first
  }

  /** Remove filters; the focus goes to the search, because the button that was pressed may be gone. */
  private clear(query: Partial<ListQuery>): void {
    this.change(query);
    this.renderRoot.querySelector<HTMLElement>('input')?.focus();
  }

  private clearAll(): void {
    this.clear({ search: '', filters: {} });
  }

  private showWaiting(): void {
    this.list.showWaiting();
    this.focus();
  }

  private head(): TemplateResult {
    const { failure, page, updatedAt } = this.list;
    const { title, intro } = this.texts();
    return html`<div class="section-head">
      <div>
        ${heading(this.headingLevel, title)}
        <p>${intro}</p>
      </div>
      <div class="actions">
        <proctoring-freshness
          .updatedAt=${page ? updatedAt : 0}
          .late=${failure !== null}
          @proctoring-refresh=${() => void this.list.load()}
        ></proctoring-freshness>
        ${this.isNeedless ? nothing : this.headActions()}
      </div>
    </div>`;
  }

  /** Try again; if that helps, the button is gone and the heading has the focus. */
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
    return count ? interpolate(this.texts().newer, { count: formatNumber(count) }) : '';
  }

  /** A failure above rows that are still shown, or newer rows that wait. */
  private banners(): TemplateResult | typeof nothing {
    const { failure, page } = this.list;
    if (failure && page) {
      return html`<div class="banner" data-tone="bad" role=${failure.isOwn ? 'alert' : nothing}>
        ${icon('warn')}
        ${keyed(failure, html`<p><strong>${this.texts().failed}</strong> ${failure.text}</p>`)}
        ${this.retry()}
      </div>`;
    }
    const waiting = this.waiting();
    if (!waiting) return nothing;
    return html`<div class="banner">
      <button type="button" class="btn" @click=${() => this.showWaiting()}>${waiting}</button>
    </div>`;
  }

  protected heading(content: unknown): TemplateResult {
    return heading(this.headingLevel + 1, content);
  }

  private empty(): TemplateResult {
    const { none, noneHint, noMatch } = this.texts();
    if (!hasFilters(this.list.query)) {
      return html`<div class="empty">${icon(this.emptyIcon)}${this.heading(none)}<p>${noneHint}</p></div>`;
    }
    return html`<div class="empty">
      ${icon('search')} ${this.heading(noMatch)}
      <button type="button" class="btn" @click=${() => this.clearAll()}>${gettext('Clear all filters')}</button>
    </div>`;
  }

  private content(): TemplateResult {
    const { page, failure, query, isBusy } = this.list;
    if (failure && this.isNeedless) { // said by the status line
      return html`<div class="empty">${icon(this.emptyIcon)}${this.heading(this.texts().none)}<p>${failure.text}</p></div>`;
    }
    if (!page && failure) {
      return html`<div class="empty" role="alert">
        ${icon('warn')} ${this.heading(this.texts().failed)} ${keyed(failure, html`<p>${failure.text}</p>`)} ${this.retry()}
      </div>`;
    }
    if (!page) return loadingTable(this.texts().loading, 6);
    if (!page.results.length) return this.empty();
    const sort = (column: string, isMoment: boolean) =>
      this.change({ ordering: nextOrdering(query.ordering, column, isMoment) });
    const own = this.table(page.results);
    return html`${table({ rows: page.results, ordering: query.ordering, isBusy, sort, ...own })}
    ${pager(page, query, (change) => this.change(change))}`;
  }

  private toolbar(filters: Filter[]): TemplateResult {
    const { query } = this.list;
    return html`${toolbar(query, this.texts().search, filters, {
      search: (text, isFinished) => this.search(text, isFinished),
      choose: (chosen) => this.change({ filters: { ...this.list.query.filters, ...chosen } }),
    })}
    ${chips(query, filters, (change) => this.clear(change), () => this.clearAll())}`;
  }

  /** The status line for screen readers; failures are alerts of their own. */
  private spoken(): string {
    const { isBusy, failure } = this.list;
    if (failure && this.isNeedless) return failure.text;
    return isBusy || failure ? '' : this.waiting() || this.announcement;
  }

  override render(): TemplateResult {
    const filters = this.filters();
    const aside = this.aside();
    return html`<div class="px">
      ${this.head()} ${this.above()}
      <div class=${aside === nothing ? 'layout' : 'layout has-aside'}>
        <div class="card list">
          ${this.isNeedless ? nothing : this.toolbar(filters)} ${this.banners()} ${this.content()}
          ${this.below()}
        </div>
        ${aside}
      </div>
      ${this.isCovered ? nothing : this.notices.render()} ${this.menu.render()} ${this.dialogs.render()}
      <p class="visually-hidden announcement" role="status">${this.spoken()}</p>
    </div>`;
  }
}
