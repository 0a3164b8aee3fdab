// The section "Onboarding": the statuses of the profiles that learners need before proctored exams.

import { type TemplateResult, html, nothing } from 'lit';
import { read } from '../http';
import { type Exam, Exams } from './exams';
import type { Filter, Option } from './filters';
import { type IconName, icon } from './icons';
import type { Page } from './list';
import { hasFilters } from './list_query';
import { Section, type Texts } from './section';
import { type Tone, type Word, enrolmentModes } from './statuses';
import { type Column, type TableOptions, learnerCell, moment } from './table';
import { formatMoment, formatNumber, gettext, interpolate, ngettext } from './i18n';

interface Onboarding {
  username: string;
  enrollment_mode: string;
  status: string | null;
  modified: string | null;
  valid_until: string | null;
}

function words(): Record<string, Word> {
  const word = (label: string, tone: Tone, name: IconName): Word => ({ label, tone, icon: name });
  return {
    not_started: word(gettext('Not started'), 'neutral', 'idle'),
    setup_started: word(gettext('Setting up'), 'neutral', 'idle'),
    onboarding_started: word(gettext('In progress'), 'info', 'run'),
    submitted: word(gettext('Under review'), 'info', 'wait'),
    verified: word(gettext('Approved'), 'good', 'ok'),
    other_course_approved: word(gettext('Approved in another course'), 'good', 'ok'),
    rejected: word(gettext('Not approved'), 'bad', 'bad'),
    error: word(gettext('Stopped by an error'), 'bad', 'warn'),
    expired: word(gettext('Expired'), 'bad', 'clock'),
    onboarding_reset_past_due: word(gettext('Reset failed: past due'), 'bad', 'lock'),
  };
}

const MOST_NAMED = 5; // exams in the banner
const APPROVED = ['verified', 'other_course_approved'];

/** With any other status, learners cannot start proctored exams that require onboarding. */
function blocking(): string {
  return Object.keys(words()).filter((status) => !APPROVED.includes(status)).join(',');
}

function due(exam: Exam): number {
  return exam.due_date ? Date.parse(exam.due_date) : Infinity;
}

/**
 * The exams that require an approved profile and can still be started: those with the provider of the onboarding
 * exam; the next one first.
 */
function requiring(exams: Exam[]): Exam[] {
  const active = exams.filter(({ is_active: isActive }) => isActive !== false);
  const providers = active.filter(({ type }) => type === 'onboarding').map(({ backend }) => backend);
  const found = active.filter((exam) => exam.type === 'proctored' && providers.includes(exam.backend) && due(exam) > Date.now());
  return found.sort((one, other) => (due(one) < due(other) ? -1 : 1));
}

function named({ exam_name: exam, due_date: date }: Exam): string {
  return date ? interpolate(gettext('“{exam}”, due {date}'), { exam, date: formatMoment(date) }) : `“${exam}”`;
}

/** Attributes: see Section. */
export class ProctoringOnboarding extends Section<Onboarding> {
  private readonly exams = new Exams(this, () => this.apiBase);
  private blocked: { count: number; total: number } | null = null;

  protected resource(): string {
    return 'onboarding/';
  }

  /** Without an onboarding exam, or with a provider that has none. */
  protected override get isNeedless(): boolean {
    return this.list.isMissing;
  }

  protected texts(): Texts {
    return {
      title: gettext('Onboarding'),
      intro: gettext('Learners need an approved profile before a proctored exam. A review takes about two working days.'),
      found: gettext('Learners found: {count}'),
      newer: gettext('Show new learners: {count}'),
      failed: gettext('The onboarding statuses could not be loaded'),
      loading: gettext('Loading onboarding statuses…'),
      none: gettext('Nobody needs onboarding'),
      noneHint: gettext('Learners appear here once their enrolment entitles them to proctored exams.'),
      noMatch: gettext('No learner matches'),
      search: {
        id: 'search_onboarding_id',
        region: gettext('Find learners'),
        label: gettext('Find by username or e-mail address'),
        placeholder: gettext('Username, e-mail'),
      },
    };
  }

  protected filters(): Filter[] {
    return [
      {
        name: 'status',
        label: gettext('Status'),
        all: gettext('All statuses'),
        options: [[blocking(), gettext('Not approved yet')], ...Object.entries(words()).map(([status, { label }]): Option => [status, label])],
        parameters: (value) => value.split(',').map((one) => ['status', one]),
      },
      {
        name: 'enrollment_mode',
        label: gettext('Enrolment'),
        all: gettext('All enrolments'),
        options: Object.entries(enrolmentModes()),
      },
    ];
  }

  private columns(): Column<Onboarding>[] {
    return [
      { name: 'username', label: gettext('Learner'), cell: (one) => learnerCell(one) },
      {
        name: 'status',
        label: gettext('Status'),
        cell: ({ status }) => {
          if (!status) return null;
          const word = words()[status] ?? { label: status, tone: 'neutral', icon: 'idle' };
          return html`<span class="status" data-tone=${word.tone}>${icon(word.icon)}<span>${word.label}</span></span>`;
        },
      },
      { name: 'modified', label: gettext('Since'), isMoment: true, cell: ({ modified }) => moment(modified) },
      { name: 'valid_until', label: gettext('Valid until'), isMoment: true, cell: ({ valid_until: until }) => moment(until) },
      { name: 'enrollment_mode', label: gettext('Enrolment'), cell: ({ enrollment_mode: mode }) => enrolmentModes()[mode] ?? mode },
      { name: '', label: gettext('Can’t start'), cell: ({ status }) => (APPROVED.includes(status ?? '') ? null : this.next()) },
    ];
  }

  /** The next exam that learners without a profile cannot start, and how many more there are. */
  private next(): TemplateResult | null {
    const [first, ...more] = requiring(this.exams.all);
    if (!first) return null;
    return html`<span><bdi>${named(first)}</bdi>${more.length ? html`<span class="sub">+${formatNumber(more.length)}</span>` : nothing}</span>`;
  }

  /** How many of all cannot start; the server counts them once per list that is shown without filters. */
  protected override loaded(page: Page<Onboarding>): void {
    super.loaded(page);
    this.exams.ensure();
    if (!hasFilters(this.list.query)) void this.count(page.count);
  }

  private async count(total: number): Promise<void> {
    const query = new URLSearchParams(blocking().split(',').map((status) => ['status', status]));
    query.set('page_size', '1');
    const base = this.apiBase;
    const answer = await read<Page<Onboarding>>(`${base}${this.resource()}?${query}`).catch(() => null);
    if (base !== this.apiBase || !answer?.data) return; // of another course
    this.blocked = { count: answer.data.count, total };
    this.requestUpdate();
  }

  protected override begun(): void {
    this.exams.forget();
    this.blocked = null;
  }

  protected override above(): TemplateResult | typeof nothing {
    const { blocked } = this;
    if (!blocked?.count || !this.list.page) return nothing;
    const numbers = { count: formatNumber(blocked.count), total: formatNumber(blocked.total) };
    const isShown = this.list.query.filters.status === blocking();
    const exams = requiring(this.exams.all);
    return html`<div class="card banner" data-tone="warn">
      ${icon('warn')}
      <div>
        <p><strong>${interpolate(gettext('{count} of {total} learners cannot start proctored exams that require onboarding.'), numbers)}</strong></p>
        ${exams.length ? html`<ul class="blocked">${exams.slice(0, MOST_NAMED).map((exam) => html`<li><bdi>${named(exam)}</bdi></li>`)}</ul>` : nothing}
      </div>
      ${isShown
        ? nothing
        : html`<button type="button" class="btn btn-small" @click=${() => this.change({ search: '', filters: { status: blocking() } })}>
            ${ngettext('Show this learner', 'Show these {count}', blocked.count)}
          </button>`}
    </div>`;
  }

  protected override headActions(): TemplateResult {
    return this.exportButton();
  }

  protected table(): Partial<TableOptions<Onboarding>> & Pick<TableOptions<Onboarding>, 'caption' | 'columns'> {
    const tone = ({ status }: Onboarding) => words()[status ?? '']?.tone;
    return {
      caption: gettext('Onboarding'),
      columns: this.columns(),
      attention: (one) => (tone(one) === 'bad' ? 'bad' : undefined),
    };
  }
}
