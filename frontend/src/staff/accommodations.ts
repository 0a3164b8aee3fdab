// The section "Accommodations": allowances of learners in single exams.

import { type TemplateResult, html, nothing } from 'lit';
import { change, read } from '../http';
import { AllowanceForms } from './accommodation_forms';
import { type Exam, Exams } from './exams';
import type { Filter } from './filters';
import { icon } from './icons';
import type { Page } from './list';
import { Section, type Texts } from './section';
import { type ExamType, examTypes } from './statuses';
import { type Column, type TableOptions, learnerCell, moment } from './table';
import { formatNumber, gettext, interpolate } from './i18n';

export interface Allowance {
  id: number;
  user: { username: string; email: string };
  exam: { id: number; exam_name: string; type: ExamType; time_limit_mins: number };
  key: string;
  value: string;
  additional_minutes: number;
  created: string;
  modified: string;
}

export function kinds(): Record<string, string> {
  return {
    time_multiplier: gettext('Factor'),
    additional_time_granted: gettext('Minutes'),
    review_policy_exception: gettext('Exception for reviewers'),
  };
}

/** Attributes: see Section. */
/** A button of a row that names its learner. */
export function rowButton(label: string, learner: string, name: 'edit' | 'trash', className: string, run: () => Promise<void>): TemplateResult {
  const text = interpolate(label, { learner });
  return html`<button type="button" class="btn btn-icon btn-quiet btn-small ${className}" aria-label=${text} title=${text} @click=${() => void run()}>${icon(name)}</button>`;
}

/** The bar below the list for chosen allowances. */
export function bulkBar(chosen: Allowance[], forms: AllowanceForms): TemplateResult | typeof nothing {
  if (!chosen.length) return nothing;
  return html`<div class="bulk" role="region" aria-label=${gettext('Selected accommodations')}>
    <strong>${interpolate(gettext('Selected: {count}'), { count: formatNumber(chosen.length) })}</strong>
    <button type="button" class="btn btn-small" @click=${() => forms.copy(chosen)}>${gettext('Copy to another exam…')}</button>
    <button type="button" class="btn btn-small btn-danger" @click=${() => forms.removeAll(chosen)}>${gettext('Remove…')}</button>
  </div>`;
}

export class ProctoringAccommodations extends Section<Allowance> {
  readonly exams = new Exams(this, () => this.apiBase);
  private readonly chosen = new Map<number, Allowance>();
  private readonly forms = new AllowanceForms({
    ask: (question) => this.dialogs.ask(question),
    exams: () => this.exams.all.filter((exam) => exam.is_active !== false),
    post: (path, body, key) => change('POST', `${this.apiBase}allowances/${path}`, body, { 'Idempotency-Key': key }),
    patch: (id, body, etag) => change('PATCH', `${this.apiBase}allowances/${id}/`, body, { 'If-Match': etag }),
    remove: (id, etag) => change('DELETE', `${this.apiBase}allowances/${id}/`, {}, { 'If-Match': etag }),
    read: (id) => read<Allowance>(`${this.apiBase}allowances/${id}/`),
    done: (text) => {
      this.notices.show({ text });
      this.chosen.clear();
      this.refresh();
    },
    stale: () => this.refresh(),
  });

  protected resource(): string {
    return 'allowances/';
  }

  protected texts(): Texts {
    return {
      title: gettext('Accommodations'),
      intro: gettext('Who has extra time or other exceptions, and in which exams. Running attempts get longer at once.'),
      found: gettext('Accommodations found: {count}'),
      newer: gettext('Show new accommodations: {count}'),
      failed: gettext('The accommodations could not be loaded'),
      loading: gettext('Loading accommodations…'),
      none: gettext('No accommodations yet'),
      noneHint: gettext('Add extra time or an exception for one or several learners.'),
      noMatch: gettext('No accommodation matches'),
      search: {
        id: 'search_allowance_id',
        region: gettext('Find accommodations'),
        label: gettext('Find by username or e-mail address'),
        placeholder: gettext('Username, e-mail'),
      },
    };
  }

  protected filters(): Filter[] {
    return [
      this.exams.filter(),
      { name: 'key', label: gettext('Kind'), all: gettext('All kinds'), options: Object.entries(kinds()) },
    ];
  }

  private columns(): Column<Allowance>[] {
    return [
      { name: 'username', label: gettext('Learner'), cell: ({ user }) => learnerCell(user) },
      {
        name: 'exam_name',
        label: gettext('Exam'),
        cell: ({ exam }) => html`<span><bdi>${exam.exam_name}</bdi><span class="sub">${examTypes()[exam.type] ?? exam.type}</span></span>`,
      },
      { name: 'key', label: gettext('What'), cell: (one) => this.what(one) },
      { name: '', label: gettext('Time in the exam'), cell: (one) => this.minutes(one) },
      { name: 'modified', label: gettext('Changed'), isMoment: true, cell: ({ modified }) => moment(modified) },
    ];
  }

  private what({ key, value }: Allowance): TemplateResult {
    if (key === 'time_multiplier') return html`<strong class="num" title=${key}>× ${value}</strong>`;
    if (key === 'additional_time_granted') {
      return html`<strong class="num" title=${key}>${interpolate(gettext('+{count} min'), { count: value })}</strong>`;
    }
    return html`<span title=${key}>${kinds()[key] ?? key}<span class="sub"><bdi>${value}</bdi></span></span>`;
  }

  private minutes({ additional_minutes: minutes, exam }: Allowance): TemplateResult | null {
    if (!minutes) return null;
    const numbers = { limit: formatNumber(exam.time_limit_mins), more: formatNumber(minutes), all: formatNumber(exam.time_limit_mins + minutes) };
    return html`<span class="num">${interpolate(gettext('{all} min = {limit} + {more}'), numbers)}</span>`;
  }

  private rowActions(allowance: Allowance): TemplateResult {
    const { username } = allowance.user;
    return html`${rowButton(gettext('Change the accommodation of {learner}'), username, 'edit', 'edit_allowance', () => this.edit(allowance, 'edit'))}
    ${rowButton(gettext('Remove the accommodation of {learner}'), username, 'trash', 'remove_allowance', () => this.edit(allowance, 'remove'))}`;
  }

  /** What is asked about is what is there now, not what the list showed. */
  private async edit(allowance: Allowance, action: 'edit' | 'remove'): Promise<void> {
    const failure = await this.forms[action](allowance);
    if (failure) this.notices.show({ text: failure });
  }

  protected table(): Partial<TableOptions<Allowance>> & Pick<TableOptions<Allowance>, 'caption' | 'columns'> {
    return {
      caption: gettext('Accommodations'),
      columns: this.columns(),
      selection: {
        has: ({ id }) => this.chosen.has(id),
        label: ({ user, exam }) => interpolate(gettext('Select {learner}, {exam}'), { learner: user.username, exam: exam.exam_name }),
        toggle: (given, isChosen) => {
          for (const one of given) {
            if (isChosen) this.chosen.set(one.id, one);
            else this.chosen.delete(one.id);
          }
          this.requestUpdate();
        },
      },
      actions: (allowance) => this.rowActions(allowance),
    };
  }

  protected override headActions(): TemplateResult {
    return html`${this.exportButton()}<button type="button" id="add-allowance" class="btn btn-primary" @click=${() => this.forms.add()}>
      ${icon('plus')}${gettext('Add accommodation')}
    </button>`;
  }

  protected override below(): TemplateResult | typeof nothing {
    return bulkBar([...this.chosen.values()], this.forms);
  }

  protected override begun(): void {
    this.exams.forget();
  }

  protected override loaded(page: Page<Allowance>): void {
    super.loaded(page);
    this.exams.ensure();
  }
}

export type { Exam };
