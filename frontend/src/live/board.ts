// The live board: the learners who are in an exam now, and the actions of staff.

import { LitElement, type PropertyValues, type TemplateResult, html, nothing, unsafeCSS } from 'lit';
import { live } from 'lit/directives/live.js';
import { Actions } from '../staff/actions';
import { BulkActions } from '../staff/bulk_actions';
import type { TimeAction } from '../staff/bulk_time_changes';
import { exportQuestion } from '../staff/exports';
import { heading } from '../staff/heading';
import { icon } from '../staff/icons';
import { type Action, Menu } from '../staff/menu';
import { type Notice, Notices } from '../staff/notices';
import { type Question, Dialogs } from '../staff/dialogs';
import { styles } from '../staff/styles';
import { loadingTable } from '../staff/table';
import { formatNumber, gettext, interpolate, ngettext } from '../staff/i18n';
import { audiencesOf, preferred } from './audiences';
import { Clocks } from './clocks';
import { ALL, type BoardQuery, Feed, parametersOf } from './feed';
import { Messages } from './messages';
import text from './live.css?inline';
import { News } from './screen_reader';
import { Outages } from './outages';
import { Rooms } from './rooms';
import { PATHS, changeOne } from './requests';
import { rowActions, rowMenu } from './row_actions';
import type { Group, LiveRow, Only, Order, Outage } from './types';
import { liveTable } from './table';
import { COUNTERS, attemptOf, clockTime, nameOfCounter, orders } from './labels';

const TYPING_MS = 400;
const PART = 50; // running learners that are shown at first, and more with each press of the button
const RUNNING: Group[] = ['attention', 'running'];
const CONCERNED = ['cannot_start', 'unwatched'];

/** Attributes: `course-id`, `api-base`, `query` (what to show first), `heading-level` (2). Fires `proctoring-query`. */
export class ProctoringLive extends LitElement {
  static override styles = [styles, unsafeCSS(text)];
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

  private announcement = '';
  private typing?: ReturnType<typeof setTimeout>;
  private most = PART;
  private readonly open = new Set<Group>();
  private readonly news = new News();
  private readonly dialogs = new Dialogs(this);
  private readonly notices = new Notices(this);
  private readonly menu = new Menu(this);
  private readonly ask = (question: Question) => this.dialogs.ask(question);
  private readonly say = (told: string) => this.notices.show({ text: told });
  private readonly done = (notice: Notice) => {
    this.notices.show(notice);
    void this.feed.load();
  };
  private readonly feed: Feed = new Feed(this, () => this.apiBase, (isOwn) => this.heard(isOwn));
  private readonly clocks = new Clocks(this, this.feed);
  private readonly actions = new Actions(() => ({
    base: this.apiBase,
    ask: this.ask,
    done: this.done,
    send: (attempt, action, body, key) => changeOne(this.apiBase, attempt, action, body, key),
  }));
  private readonly bulk = new BulkActions(this, this.actions, { ask: this.ask, say: this.say, done: this.done }, PATHS);
  private readonly context = { base: () => this.apiBase, ask: this.ask, done: this.done, say: this.say };
  private readonly messages = new Messages(this, {
    ...this.context,
    audiences: () => audiencesOf({ answer: this.feed.answer, rows: [...this.feed.rows.values()], query: this.feed.query }),
    preferred: (audiences) => preferred(audiences, this.feed.query),
    exams: () => this.feed.answer?.exams ?? [],
    heading: (content) => heading(this.headingLevel + 1, content),
  });
  private readonly rooms = new Rooms({ ...this.context, names: () => this.feed.answer?.rooms ?? [] });
  private readonly outages = new Outages({
    ...this.context,
    exams: () => this.feed.answer?.exams ?? [],
    now: () => this.feed.now(),
    tell: (outage) => void this.tellConcerned(outage),
    mayManage: () => this.feed.answer?.may_manage ?? false,
  });
  private readonly rowContext = {
    actions: this.actions,
    bulk: this.bulk,
    messages: this.messages,
    rooms: this.rooms,
    mayManage: () => this.feed.answer?.may_manage ?? false,
    attemptUrl: (row: LiveRow) => this.attemptUrl(row),
  };
  private focused: HTMLElement | null = null;

  constructor() {
    super();
    this.courseId = '';
    this.apiBase = '';
    this.query = '';
    this.headingLevel = 2;
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('.section-head .heading')?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.typing);
  }

  /** Read again now, for example because the host has opened the tab. */
  refresh(): void {
    if (this.apiBase) void this.feed.load();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    this.focused = this.shadowRoot?.activeElement as HTMLElement | null;
    const isOther = changed.has('apiBase') || (changed.has('query') && this.query !== parametersOf(this.feed.query).toString());
    if (!isOther || !this.apiBase) return;
    const given = Object.fromEntries(new URLSearchParams(this.query)) as Partial<BoardQuery>;
    if (changed.has('apiBase')) this.news.forget();
    void this.feed.change({ ...ALL, ...given });
    void this.messages.refresh(true);
  }

  /** Keep the focus in a row that has moved. */
  protected override updated(): void {
    const { focused } = this;
    if (focused?.isConnected && this.shadowRoot?.activeElement === null) focused.focus({ preventScroll: true });
  }

  private heard(isOwn: boolean): void {
    this.announcement = this.news.next(this.feed.rows.values(), this.feed.now());
    if (isOwn && !this.announcement) {
      this.announcement = interpolate(gettext('Learners found: {count}'), { count: formatNumber(this.feed.rows.size) });
    }
    this.bulk.keep([...this.feed.rows.values()].map(attemptOf));
    void this.messages.refresh();
  }

  private change(query: Partial<BoardQuery>): void {
    clearTimeout(this.typing);
    this.most = PART;
    this.news.forget();
    void this.feed.change(query);
    this.query = parametersOf(this.feed.query).toString();
    this.dispatchEvent(new CustomEvent('proctoring-query', { detail: this.query, bubbles: true, composed: true }));
  }

  private search(event: Event, isFinished: boolean): void {
    clearTimeout(this.typing);
    const search = (event.target as HTMLInputElement).value.trim();
    if (search === this.feed.query.search) return;
    if (isFinished) this.change({ search });
    else this.typing = setTimeout(() => this.change({ search }), TYPING_MS);
  }

  private attemptUrl({ attempt_id: id }: LiveRow): string {
    return `${this.apiBase.replace('/v2/courses/', '/pages/courses/')}special-exams/#attempts?open=${id}`;
  }

  /** All affected learners, including those hidden by filters. */
  private async tellConcerned({ provider, name }: Outage): Promise<void> {
    const all = await this.feed.everybody().catch(() => this.feed.sorted());
    const isConcerned = (row: LiveRow) => row.provider?.name === provider && row.attention.some(({ code }) => CONCERNED.includes(code));
    const ids = all.filter(isConcerned).map(({ attempt_id }) => attempt_id);
    if (!ids.length) return this.say(gettext('Nobody is concerned any more.'));
    this.messages.write(interpolate(gettext('Message to those who need {name} ({count})'), { name, count: formatNumber(ids.length) }), { attempt_ids: ids });
  }

  // What is drawn

  private banners(): TemplateResult | typeof nothing {
    const { lateness } = this.clocks;
    const { failure, updatedAt, answer } = this.feed;
    const late = interpolate(gettext('Not up to date. Last refresh at {time}.'), { time: clockTime(new Date(updatedAt).toISOString()) });
    return html`${(answer?.outages ?? []).map((outage) => this.outages.banner(outage))}
    ${lateness === 1
      ? html`<div class="banner" data-tone="warn">${icon('warn')}<p><strong>${late}</strong> ${gettext('Running exams are not affected.')} ${failure}</p></div>`
      : nothing}`;
  }

  private counters(): TemplateResult {
    const { counts } = this.feed.answer ?? {};
    const { only } = this.feed.query;
    const toggle = (id: Only) => this.change({ only: only === id ? '' : id });
    return html`<div class="card counters" role="group" aria-label=${gettext('Show only')}>
      ${COUNTERS.map(([id, sign, tone]) => {
        const count = counts?.[id] ?? 0;
        return html`<button type="button" class="counter" aria-pressed=${only === id ? 'true' : 'false'} data-tone=${count ? tone : nothing} @click=${() => toggle(id)}>
          <b>${counts ? formatNumber(count) : '–'}</b><span>${icon(sign)}${nameOfCounter(id)}</span>
        </button>`;
      })}
    </div>`;
  }

  private select(name: 'exam' | 'room' | 'order', label: string, options: [string, string][]): TemplateResult {
    const value = this.feed.query[name];
    const choose = (event: Event) => this.change({ [name]: (event.target as HTMLSelectElement).value });
    return html`<span class="select"
      ><select name=${name} aria-label=${label} @change=${choose}>
        ${options.map(([one, words]) => html`<option value=${one} .selected=${live(one === value)}>${words}</option>`)}</select
      >${icon('down')}</span
    >`;
  }

  private toolbar(): TemplateResult {
    const { exams = [], rooms = [] } = this.feed.answer ?? {};
    return html`<div class="toolbar" role="search" aria-label=${gettext('Find learners in an exam')}>
      <div class="search">
        ${icon('search')}
        <input
          class="input"
          type="search"
          name="search"
          maxlength="255"
          autocomplete="off"
          aria-label=${gettext('Find a learner')}
          placeholder=${gettext('Find a learner')}
          .value=${this.feed.query.search}
          @input=${(event: Event) => this.search(event, false)}
          @change=${(event: Event) => this.search(event, true)}
        />
      </div>
      ${this.select('exam', gettext('Exam'), [['', gettext('All exams')], ...exams.map(({ id, exam_name }): [string, string] => [String(id), exam_name])])}
      ${this.select('room', gettext('Room'), [['', gettext('All rooms')], ...rooms.map((room): [string, string] => [room, room])])}
      <span class="end">${this.select('order', gettext('Order'), orders())}</span>
    </div>`;
  }

  /** All running attempts of an exam, rooms, lost time, and the log. */
  private headMenu(): Action[] {
    const { exams = [], may_manage: mayManage = false } = this.feed.answer ?? {};
    const exam = exams.find(({ id }) => String(id) === this.feed.query.exam) ?? (exams.length === 1 ? exams[0] : undefined);
    const run = (name: TimeAction, label: string) => (exam ? this.bulk.times.begin(name, { exam: exam.id, name: exam.exam_name }) : this.ask(this.whichExam(name, label)));
    const begin = (name: TimeAction, label: string): Action => ({ name, label, run: () => run(name, label) });
    const ofExam = [
      begin('extend', gettext('Add minutes to all who run…')),
      begin('pause', gettext('Pause all who run…')),
      begin('continue', gettext('Continue all who are paused…')),
    ];
    const log = exportQuestion({ title: gettext('Log of all actions'), address: () => new URL(`${this.apiBase}live/log/export/`, window.location.origin) });
    return [
      ...(exams.length ? ofExam : []),
      ...(mayManage ? [{ name: 'rooms', label: gettext('Rooms and invigilators…'), run: () => void this.rooms.open() }] : []),
      ...(mayManage ? [{ name: 'credit', label: gettext('Credit the lost time…'), run: () => this.outages.credit() }] : []),
      { name: 'log', label: gettext('Export the log of all actions…'), run: () => this.ask(log) },
    ];
  }

  private whichExam(action: TimeAction, heading: string): Question {
    const { exams = [] } = this.feed.answer ?? {};
    return {
      heading,
      fields: [{ name: 'exam', label: gettext('Exam'), kind: 'select', value: String(exams[0].id), options: exams.map(({ id, exam_name: name }) => [String(id), name]) }],
      confirm: gettext('Next'),
      busy: gettext('Please wait…'),
      cancel: gettext('Cancel'),
      submit: ({ exam: chosen }) => {
        const { id, exam_name: name } = exams.find((one) => String(one.id) === chosen)!;
        return Promise.resolve(this.bulk.times.question(action, { exam: id, name }));
      },
    };
  }

  private head(): TemplateResult {
    const { updatedAt, failure } = this.feed;
    return html`<div class="section-head">
      <div>
        ${heading(this.headingLevel, gettext('Live'))}
        <p>${gettext('Who is in an exam now. Those who need attention come first.')}</p>
      </div>
      <div class="actions">
        <proctoring-freshness .updatedAt=${updatedAt} .late=${failure !== ''} @proctoring-refresh=${() => void this.feed.load()}></proctoring-freshness>
        ${this.menu.button(gettext('More actions'), () => this.headMenu())}
      </div>
    </div>`;
  }

  private fold(group: Group, rows: LiveRow[]): { shown: LiveRow[]; isOpen: boolean; toggle?: () => void } {
    if (group === 'attention') return { shown: rows, isOpen: true };
    if (group === 'running') return { shown: rows.slice(0, this.most), isOpen: true };
    const { only, search } = this.feed.query;
    if (only || search) return { shown: rows, isOpen: true };
    const isOpen = this.open.has(group);
    const toggle = () => {
      if (!this.open.delete(group)) this.open.add(group);
      this.requestUpdate();
    };
    return { shown: isOpen ? rows : [], isOpen, toggle };
  }

  private list(rows: LiveRow[]): TemplateResult {
    return html`${liveTable(rows, {
      now: () => this.feed.now(),
      order: this.feed.query.order,
      has: (row) => this.bulk.chosen.has(row.attempt_id),
      toggle: (some, isChosen) => this.bulk.selection.toggle(some.map(attemptOf), isChosen),
      sort: (order: Order) => this.change({ order }),
      attemptUrl: (row) => this.attemptUrl(row),
      actions: (row) => rowActions(row, this.rowContext),
      menu: (row) => this.menu.button(interpolate(gettext('More for {learner}'), { learner: row.user.username }), () => rowMenu(row, this.rowContext)),
      fold: (group, own) => this.fold(group, own),
    })}
    ${this.bar(rows)} ${this.pager(rows)}`;
  }

  private pager(rows: LiveRow[]): TemplateResult | typeof nothing {
    const hidden = rows.filter(({ group }) => group === 'running').length - this.most;
    if (hidden <= 0) return nothing;
    const more = () => {
      this.most += Math.max(PART, hidden);
      this.requestUpdate();
    };
    return html`<div class="pager"><span class="end">
      <button type="button" class="btn btn-small" @click=${more}>${ngettext('Show {count} more running', 'Show {count} more running', hidden)}</button>
    </span></div>`;
  }

  private bar(rows: LiveRow[]): TemplateResult | typeof nothing {
    const { size } = this.bulk.chosen;
    if (!size) return nothing;
    const count = { count: formatNumber(size) };
    const running = rows.filter(({ group, status }) => RUNNING.includes(group) && status === 'started');
    const button = (name: 'extend' | 'pause' | 'continue' | 'end') =>
      this.bulk.possible(name).length
        ? html`<button type="button" class="btn btn-small ${name === 'end' ? 'btn-danger' : ''}" @click=${() => this.bulk.begin(name)}>${this.actions.label(name)}</button>`
        : nothing;
    const write = () => this.messages.write(ngettext('Message to {count} learner', 'Message to {count} learners', size), { attempt_ids: [...this.bulk.chosen.keys()] });
    return html`<div class="bulk" role="region" aria-label=${gettext('Actions for the selected learners')}>
      <strong>${interpolate(gettext('Selected: {count}'), count)}</strong>
      <button type="button" class="link" @click=${() => this.bulk.selection.toggle(running.map(attemptOf), true)}>
        ${ngettext('Select {count} running', 'Select all {count} running', running.length)}
      </button>
      <div class="end">
        <button type="button" class="btn btn-small" @click=${write}>${gettext('Message…')}</button>
        ${button('extend')} ${button('pause')} ${button('continue')} ${button('end')}
        <button type="button" class="link" @click=${() => this.bulk.clear()}>${gettext('Clear selection')}</button>
      </div>
    </div>`;
  }

  private empty(): TemplateResult {
    const { exam, room, only, search } = this.feed.query;
    const level = this.headingLevel + 1;
    if (exam || room || only || search) {
      return html`<div class="empty">
        ${icon('search')} ${heading(level, gettext('No learner matches'))}
        <button type="button" class="btn" @click=${() => this.change({ ...ALL, order: this.feed.query.order })}>${gettext('Clear all filters')}</button>
      </div>`;
    }
    return html`<div class="empty">
      ${icon('clock')} ${heading(level, gettext('Nobody is in an exam now'))}
      <p>${gettext('Learners appear here as soon as they start to set up.')}</p>
    </div>`;
  }

  private content(): TemplateResult {
    const { answer, failure } = this.feed;
    if ((failure && !answer) || this.clocks.lateness === 2) {
      return html`<div class="empty" role="alert">
        ${icon('warn')} ${heading(this.headingLevel + 1, gettext('The list could not be refreshed'))}
        <p>${failure} ${gettext('Running exams are not affected.')}</p>
        <button type="button" class="btn" @click=${() => void this.feed.load()}>${icon('refresh')}${gettext('Try again')}</button>
      </div>`;
    }
    if (!answer) return loadingTable(gettext('Loading learners…'), 6);
    const rows = this.feed.sorted();
    return rows.length ? this.list(rows) : this.empty();
  }

  override render(): TemplateResult {
    return html`<div class="px">
      ${this.head()}
      <div class="live">
        ${this.banners()} ${this.counters()}
        <div class="live-cols">
          <section class="card list" aria-label=${gettext('Learners in an exam')}>${this.toolbar()} ${this.content()}</section>
          ${this.messages.panel()}
        </div>
      </div>
      ${this.notices.render()} ${this.menu.render()} ${this.dialogs.render()}
      <p class="visually-hidden announcement" role="status">${this.announcement}</p>
    </div>`;
  }
}
