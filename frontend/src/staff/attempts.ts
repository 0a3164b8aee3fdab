// The section "Attempts": the newest attempt of each learner and exam.

import { type PropertyValues, type TemplateResult, html, nothing } from 'lit';
import { Actions } from './actions';
import { Panel } from './attempt_panel';
import { Attention, NEEDS_ATTENTION } from './attention';
import { BulkActions, type Matching } from './bulk_actions';
import type { TimeAction } from './bulk_time_changes';
import { EarlierAttempts } from './earlier_attempts';
import { Exams } from './exams';
import { type Filter, type Option, daysBetween } from './filters';
import { icon } from './icons';
import type { Page } from './list';
import type { Notice } from './notices';
import { filtersOf } from './list_query';
import { Section, type Texts } from './section';
import { type Attempt, actionsOf, attentionOf, examTypes, minutesUsed, statusWord, statusWords, wasSubmitted } from './statuses';
import { type Column, type TableOptions, learnerCell, moment } from './table';
import { formatCount, formatNumber, gettext, interpolate, timeZone } from './i18n';

const BESIDE_THE_PANEL = ['username', 'started_at', 'status'];
const NEVER_STORED = 'expired';

function capitalized(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

function statusOptions(): Option[] {
  return Object.entries(statusWords())
    .filter(([status]) => status !== NEVER_STORED)
    .map(([statuses, { label }]) => [statuses, label]);
}

/** Attributes: see Section. `query` may name the open attempt: `open=17`. */
export class ProctoringAttempts extends Section<Attempt> {
  private readonly exams = new Exams(this, () => this.apiBase);
  private readonly actions = new Actions(() => ({
    base: this.apiBase,
    ask: (question) => this.dialogs.ask(question),
    done: (notice) => this.done(notice),
  }));
  private readonly bulk = new BulkActions(this, this.actions, {
    ask: (question, isLater) => this.dialogs.ask(question, isLater),
    matching: () => this.matching(),
    say: (text) => this.notices.show({ text }),
    done: (notice) => this.done(notice),
  });
  private readonly attention = new Attention(this, () => `${this.apiBase}${this.resource()}`);
  private readonly earlier = new EarlierAttempts(this, (id) => this.show(id));
  private readonly panel = new Panel(this, {
    close: () => this.closePanel(),
    step: (delta) => this.step(delta),
    open: (id) => this.show(id),
    run: (action, attempt) => this.actions.run(action, attempt),
    label: this.actions.label,
    position: () => this.position(),
    notices: () => this.notices.render(),
  });

  protected resource(): string {
    return 'attempts/';
  }

  protected texts(): Texts {
    const intro = gettext('Newest attempt of each learner and exam. Times in {zone}.');
    return {
      title: gettext('Attempts'),
      intro: interpolate(intro, { zone: timeZone() }),
      found: gettext('Attempts found: {count}'),
      newer: gettext('Show new attempts: {count}'),
      failed: gettext('The attempts could not be loaded'),
      loading: gettext('Loading attempts…'),
      none: gettext('No attempts yet'),
      noneHint: gettext('An attempt appears here as soon as a learner opens a timed or proctored exam of this course.'),
      noMatch: gettext('No attempt matches'),
      search: {
        id: 'search_attempt_id',
        region: gettext('Find attempts'),
        label: gettext('Find by username or e-mail address'),
        placeholder: gettext('Username, e-mail'),
      },
    };
  }

  protected filters(): Filter[] {
    return [
      this.exams.filter(),
      {
        name: 'type',
        label: gettext('Type'),
        all: gettext('All types'),
        options: Object.entries(examTypes()).map(([type, label]) => [type, capitalized(label)]),
      },
      {
        name: 'status',
        label: gettext('Status'),
        all: gettext('All statuses'),
        options: statusOptions(),
        parameters: (value) => value.split(',').map((one) => ['status', one]),
      },
      {
        name: 'only',
        label: gettext('To do'),
        all: gettext('All attempts'),
        options: [
          [NEEDS_ATTENTION, gettext('Needs attention')],
          ['resumable', gettext('May be resumed')],
        ],
        parameters: (value) => value.split(',').map((one) => [one, 'true']),
      },
      ...daysBetween(
        'created',
        { label: gettext('Since'), word: (day) => interpolate(gettext('Since {day}'), { day }) },
        { label: gettext('Until'), word: (day) => interpolate(gettext('Until {day}'), { day }) },
      ),
    ];
  }

  private columns(): Column<Attempt>[] {
    return [
      {
        name: 'username',
        label: gettext('Learner'),
        cell: ({ id, user }) => learnerCell(user, () => this.show(id)),
      },
      {
        name: 'exam_name',
        label: gettext('Exam'),
        cell: ({ exam }) => html`<span><bdi>${exam.exam_name}</bdi><span class="sub">${examTypes()[exam.type] ?? exam.type}</span></span>`,
      },
      { name: 'started_at', label: gettext('Started'), isMoment: true, cell: (one) => moment(one.started_at) },
      { name: 'completed_at', label: gettext('Handed in'), isMoment: true, cell: (one) => (wasSubmitted(one) ? moment(one.completed_at) : null) },
      { name: 'allowed_time_limit_mins', label: gettext('Time allowed'), cell: (one) => this.minutes(one) },
      { name: 'status', label: gettext('Status'), cell: (one) => this.status(one) },
    ];
  }

  /** Used and allowed minutes. Both include pauses, by which the limit grows. */
  private minutes(attempt: Attempt): TemplateResult | null {
    const used = minutesUsed(attempt, Date.now());
    const limit = attempt.allowed_time_limit_mins;
    if (limit === null && used === null) return null;
    const numbers = { used: formatNumber(used ?? 0), count: formatNumber(limit ?? used ?? 0) };
    const text = limit === null || used === null ? gettext('{count} min') : gettext('{used} of {count} min');
    return html`<span class="num">${interpolate(text, numbers)}</span>`;
  }

  private status(attempt: Attempt): TemplateResult {
    const word = statusWord(attempt);
    return html`<span class="status-cell">
      <span class="status" data-tone=${word.tone}>${icon(word.icon)}<span>${word.label}</span></span>
      ${this.earlier.button(attempt)}
    </span>`;
  }

  private rowActions(attempt: Attempt): TemplateResult {
    const label = interpolate(gettext('Actions for {learner}'), { learner: attempt.user.username });
    const menu = this.menu.button(label, () => [
      { name: 'details', label: gettext('Details and timeline'), run: () => this.show(attempt.id) },
      ...actionsOf(attempt).map((name) => ({
        name,
        label: this.actions.label(name),
        isDanger: name === 'reset' || name === 'end',
        run: () => this.actions.run(name, attempt),
      })),
    ]);
    const canResume = actionsOf(attempt).includes('resume');
    return html`${canResume
      ? html`<button type="button" class="btn btn-small resume-attempt" @click=${() => this.actions.run('resume', attempt)}>
          ${this.actions.label('resume')}
        </button>`
      : nothing}
    ${menu}`;
  }

  protected table(rows: Attempt[]): Partial<TableOptions<Attempt>> & Pick<TableOptions<Attempt>, 'caption' | 'columns'> {
    this.bulk.keep(rows);
    const { ordering } = this.list.query;
    const columns = this.isSplit() ? this.columns().filter(({ name }) => BESIDE_THE_PANEL.includes(name)) : this.columns();
    return {
      caption: ordering ? gettext('Attempts') : gettext('Attempts, newest first'),
      columns,
      below: (attempt) => this.earlier.rows(attempt, columns),
      attention: attentionOf,
      isOpen: ({ id }) => id === this.panel.id,
      selection: this.bulk.selection,
      actions: (attempt) => this.rowActions(attempt),
    };
  }

  private isSplit(): boolean {
    return this.panel.id > 0 && !this.panel.isModal;
  }

  /** Outside of a modal dialog, nothing can have the focus. */
  override focus(): void {
    if (this.panel.isModal) this.panel.focus();
    else super.focus();
  }

  protected override get isCovered(): boolean {
    return this.panel.isModal;
  }

  protected override headActions(): TemplateResult {
    return html`${this.exportButton([{ name: 'earlier', label: gettext('Also earlier attempts of the same learner and exam'), kind: 'check' }])} ${this.examActions()}`;
  }

  /** For a fire alarm: all running attempts of the exam that is chosen, whatever page they are on. */
  private examActions(): TemplateResult | typeof nothing {
    const exam = Number(this.list.query.filters.exam);
    const found = this.exams.all.find(({ id }) => id === exam);
    if (!found) return nothing;
    const begin = (action: TimeAction) => this.bulk.times.begin(action, { exam, name: found.exam_name });
    return this.menu.button(gettext('All running attempts of the exam'), () => [
      { name: 'extend', label: gettext('Add minutes to all who run…'), run: () => begin('extend') },
      { name: 'pause', label: gettext('Pause all who run…'), run: () => begin('pause') },
      { name: 'continue', label: gettext('Continue all who are paused…'), run: () => begin('continue') },
    ]);
  }

  /** All attempts that the filters leave, if these are more than the page shows. */
  private matching(): Matching | null {
    const { page, query } = this.list;
    if (!page || page.count <= page.results.length) return null;
    return { filter: filtersOf(query, this.filters()).toString(), count: formatCount(page) };
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    this.attention.follow(this.list);
  }

  protected override above(): TemplateResult | typeof nothing {
    const show = () => {
      this.change({ search: '', filters: { only: NEEDS_ATTENTION } });
      this.focus(); // the button is gone
    };
    return this.attention.render(this.list.query.filters.only, show);
  }

  protected override below(): TemplateResult | typeof nothing {
    return this.bulk.bar();
  }

  protected override aside(): TemplateResult | typeof nothing {
    return this.panel.render();
  }

  protected override ownAddress(): Record<string, string> {
    return { open: this.panel.id ? String(this.panel.id) : '' };
  }

  protected override follow(query: URLSearchParams): void {
    const id = Number(query.get('open'));
    void this.panel.open(Number.isSafeInteger(id) && id > 0 ? id : 0, false);
  }

  protected override begun(): void {
    this.exams.forget();
    this.attention.forget();
  }

  protected override loaded(page: Page<Attempt>): void {
    super.loaded(page);
    this.exams.ensure();
  }

  override refresh(): void {
    super.refresh();
    void this.panel.refresh();
  }

  private done(notice: Notice): void {
    this.notices.show(notice);
    this.refresh();
  }

  private show(id: number): void {
    void this.panel.open(id);
    this.tell();
  }

  /** The focus goes back to the row's name. */
  private closePanel(): void {
    if (!this.panel.id) return;
    const index = this.index();
    void this.panel.open(0);
    this.tell();
    void this.updateComplete.then(() => {
      const names = this.renderRoot.querySelectorAll<HTMLElement>('.link-name');
      if (names[index]) names[index].focus();
      else this.focus();
    });
  }

  private index(): number {
    return this.list.page?.results.findIndex(({ id }) => id === this.panel.id) ?? -1;
  }

  private step(delta: number): void {
    const next = this.list.page?.results[this.index() + delta];
    if (next && this.index() >= 0) this.show(next.id);
  }

  private position(): string {
    const { page, query } = this.list;
    const index = this.index();
    if (!page || index < 0) return '';
    const number = formatNumber((query.page - 1) * query.pageSize + index + 1);
    return interpolate(gettext('{number} of {count}'), { number, count: formatCount(page) });
  }
}
