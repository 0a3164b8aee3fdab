// The section "Accommodations" with profiles: allowances and profiles in one list, those without their full effect
// first.

import { type TemplateResult, html, nothing } from 'lit';
import { change, read, sendText } from '../http';
import { AllowanceForms } from '../staff/accommodation_forms';
import { type Allowance, bulkBar, kinds, rowButton } from '../staff/accommodations';
import { Exams } from '../staff/exams';
import { exportButton, exportQuestion } from '../staff/exports';
import type { Filter } from '../staff/filters';
import { icon } from '../staff/icons';
import type { Page } from '../staff/list';
import { Section, type Texts } from '../staff/section';
import { examTypes } from '../staff/statuses';
import { type Column, type TableOptions, learnerCell, moment } from '../staff/table';
import { formatNumber, gettext, interpolate } from '../staff/i18n';
import { CsvImport } from './csv_import';
import { type Profile, breaks, extraTime, scopes, validity } from './profile';
import { ProfileForms } from './profile_forms';

interface Effect {
  code: 'none' | 'cut' | 'replaced' | 'ended' | 'not_yet' | 'past_due';
  exam_name: string;
  minutes: number | null;
  wanted: number | null;
}

export interface Accommodation {
  id: string;
  allowance: Allowance | null;
  profile: Profile | null;
  effect: Effect | null;
}

const SERIOUS = { none: 'bad', cut: 'warn', replaced: 'warn' } as const;

function effectText({ code, exam_name: exam, minutes, wanted }: Effect): string {
  const texts: Record<Effect['code'], string> = {
    none: gettext('No effect: time ends with the due date'),
    cut: gettext('Cut to {minutes} of {wanted} min by the due date'),
    replaced: gettext('No effect: a profile for fewer exams applies instead'),
    ended: gettext('No longer valid'),
    not_yet: gettext('Not valid yet'),
    past_due: gettext('The exam is past due'),
  };
  const numbers = { minutes: formatNumber(minutes ?? 0), wanted: formatNumber(wanted ?? 0) };
  const text = interpolate(texts[code] ?? code, numbers);
  return exam ? `${exam}: ${text}` : text;
}

/** Attributes: see Section. */
export class AllAccommodations extends Section<Accommodation> {
  private readonly exams = new Exams(this, () => this.apiBase);
  private readonly chosen = new Map<string, Allowance>();
  private readonly allowances = new AllowanceForms({
    ask: (question) => this.dialogs.ask(question),
    exams: () => this.exams.all.filter((exam) => exam.is_active !== false),
    post: (path, body, key) => change('POST', `${this.apiBase}allowances/${path}`, body, { 'Idempotency-Key': key }),
    patch: (id, body, etag) => change('PATCH', `${this.apiBase}allowances/${id}/`, body, { 'If-Match': etag }),
    remove: (id, etag) => change('DELETE', `${this.apiBase}allowances/${id}/`, {}, { 'If-Match': etag }),
    read: (id) => read<Allowance>(`${this.apiBase}allowances/${id}/`),
    done: (text) => this.done(text),
    stale: () => this.refresh(),
  });
  private readonly profiles = new ProfileForms({
    ask: (question) => this.dialogs.ask(question),
    post: (path, body, key) => change('POST', `${this.apiBase}accommodations/${path}`, body, { 'Idempotency-Key': key }),
    patch: (id, body, etag) => change('PATCH', `${this.apiBase}accommodations/${id}/`, body, { 'If-Match': etag }),
    read: (id) => read<Profile>(`${this.apiBase}accommodations/${id}/`),
    done: (text) => this.done(text),
    stale: () => this.refresh(),
  });
  private readonly files = new CsvImport({
    send: (path, text, key) => sendText(`${this.apiBase}accommodations/${path}`, text, 'text/csv', { 'Idempotency-Key': key }),
    done: (text) => this.done(text),
  });

  private done(text: string): void {
    this.notices.show({ text });
    this.chosen.clear();
    this.refresh();
  }

  protected resource(): string {
    return 'accommodations/all/';
  }

  protected texts(): Texts {
    return {
      title: gettext('Accommodations'),
      intro: gettext('Who has extra time, breaks or exemptions, and in which exams. Running attempts get longer at once.'),
      found: gettext('Accommodations found: {count}'),
      newer: gettext('Show new accommodations: {count}'),
      failed: gettext('The accommodations could not be loaded'),
      loading: gettext('Loading accommodations…'),
      none: gettext('No accommodations yet'),
      noneHint: gettext('Add extra time, breaks or an exemption for one or several learners.'),
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
      {
        name: 'source',
        label: gettext('Source'),
        all: gettext('All sources'),
        options: [
          ['profile', gettext('Profiles: all exams')],
          ['allowance', gettext('Allowances: single exams')],
        ],
      },
    ];
  }

  private columns(): Column<Accommodation>[] {
    return [
      { name: 'username', label: gettext('Learner'), cell: ({ allowance, profile }) => learnerCell(allowance?.user ?? { username: profile!.username }) },
      { name: '', label: gettext('Exams'), cell: (one) => this.where(one) },
      { name: '', label: gettext('What'), cell: (one) => this.what(one) },
      { name: '', label: gettext('Breaks'), cell: ({ profile }) => profile && breaks(profile) },
      { name: '', label: gettext('Exempt from'), cell: ({ profile }) => (profile?.camera_exempt ? gettext('Camera') : null) },
      { name: '', label: gettext('Valid'), cell: ({ profile }) => profile && validity(profile) },
      { name: 'modified', label: gettext('Source'), isMoment: true, cell: (one) => this.source(one) },
    ];
  }

  private where({ allowance, profile }: Accommodation): TemplateResult {
    if (profile) return html`<span>${scopes()[profile.scope] ?? profile.scope}</span>`;
    const { exam } = allowance!;
    return html`<span><bdi>${exam.exam_name}</bdi><span class="sub">${examTypes()[exam.type] ?? exam.type}</span></span>`;
  }

  private what({ allowance, profile, effect }: Accommodation): TemplateResult {
    return html`<span>
      ${allowance ? this.granted(allowance) : html`<strong class="num">${extraTime(profile!)}</strong>`}
      ${profile?.beyond_due_date ? html`<span class="sub">${gettext('also beyond the due date')}</span>` : nothing}
      ${effect ? this.effect(effect) : nothing}
    </span>`;
  }

  private granted({ key, value, additional_minutes: more, exam }: Allowance): TemplateResult {
    if (!more) return html`<span title=${key}>${kinds()[key] ?? key}</span><span class="sub"><bdi>${value}</bdi></span>`;
    const what = key === 'time_multiplier' ? `× ${value}` : interpolate(gettext('+{count} min'), { count: formatNumber(more) });
    const numbers = { limit: formatNumber(exam.time_limit_mins), more: formatNumber(more), all: formatNumber(exam.time_limit_mins + more) };
    return html`<strong class="num" title=${key}>${what}</strong><span class="sub">${interpolate(gettext('{all} min = {limit} + {more}'), numbers)}</span>`;
  }

  private effect(effect: Effect): TemplateResult {
    const tone = this.tone(effect);
    return html`<span class="effect" data-tone=${tone ?? nothing}>${icon(tone ? 'warn' : 'clock')}<span>${effectText(effect)}</span></span>`;
  }

  private tone(effect: Effect | null): 'bad' | 'warn' | undefined {
    return effect ? (SERIOUS as Record<string, 'bad' | 'warn' | undefined>)[effect.code] : undefined;
  }

  private source({ allowance, profile }: Accommodation): TemplateResult {
    const by = profile?.approver ? interpolate(gettext('approved by {name}'), { name: profile.approver }) : '';
    return html`<span>${profile ? gettext('Profile') : gettext('Allowance')}
      ${by ? html`<span class="sub"><bdi>${by}</bdi></span>` : nothing}
      <span class="sub">${moment((allowance ?? profile)!.modified)}</span></span>`;
  }

  private rowActions({ allowance, profile, effect }: Accommodation): TemplateResult {
    const learner = allowance?.user.username ?? profile!.username;
    const button = (label: string, name: 'edit' | 'trash', className: string, run: () => Promise<string>) =>
      rowButton(label, learner, name, className, () => this.begin(run));
    if (allowance) {
      return html`${button(gettext('Change the accommodation of {learner}'), 'edit', 'edit_allowance', () => this.allowances.edit(allowance))}
      ${button(gettext('Remove the accommodation of {learner}'), 'trash', 'remove_allowance', () => this.allowances.remove(allowance))}`;
    }
    return html`${button(gettext('Change the accommodation of {learner}'), 'edit', 'edit-profile', () => this.profiles.edit(profile!))}
    ${effect?.code === 'ended' ? nothing : button(gettext('Withdraw the accommodation of {learner}'), 'trash', 'end-profile', () => this.profiles.end(profile!))}`;
  }

  /** Read the current row first, because the list may be outdated. */
  private async begin(run: () => Promise<string>): Promise<void> {
    const failure = await run();
    if (failure) this.notices.show({ text: failure });
  }

  protected table(): Partial<TableOptions<Accommodation>> & Pick<TableOptions<Accommodation>, 'caption' | 'columns'> {
    return {
      caption: gettext('Accommodations'),
      columns: this.columns(),
      attention: ({ effect }) => this.tone(effect),
      selection: {
        can: ({ allowance }) => allowance !== null,
        has: ({ id }) => this.chosen.has(id),
        label: ({ allowance }) => interpolate(gettext('Select {learner}, {exam}'), { learner: allowance?.user.username ?? '', exam: allowance?.exam.exam_name ?? '' }),
        toggle: (rows, isChosen) => {
          for (const { id, allowance } of rows) {
            if (isChosen && allowance) this.chosen.set(id, allowance);
            else this.chosen.delete(id);
          }
          this.requestUpdate();
        },
      },
      actions: (one) => this.rowActions(one),
    };
  }

  protected override headActions(): TemplateResult {
    const files = exportQuestion({
      title: this.texts().title,
      formats: [
        ['accommodations csv', gettext('Profiles as CSV')],
        ['allowances csv', gettext('Allowances as CSV')],
        ['allowances xlsx', gettext('Allowances as XLSX')],
      ],
      address: ({ file }) => new URL(`${this.apiBase}${file.split(' ')[0]}/export/`, window.location.origin),
    });
    return html`<button type="button" class="btn import-profiles" @click=${() => this.dialogs.ask(this.files.form())}>${gettext('Import CSV…')}</button>
      ${exportButton(() => this.dialogs.ask(files))}
      <button type="button" id="add-allowance" class="btn btn-primary" @click=${() => this.add()}>${icon('plus')}${gettext('Add accommodation')}</button>`;
  }

  /** A grant for all exams is a profile, for some exams an allowance. */
  private add(): void {
    this.dialogs.ask({
      heading: gettext('Add accommodation'),
      fields: [
        {
          name: 'where',
          label: gettext('In which exams'),
          kind: 'select',
          value: 'all',
          options: [
            ['all', gettext('All exams of the course, also later ones')],
            ['some', gettext('Only single exams')],
          ],
          hint: gettext('Breaks, exemptions and a validity are for all exams.'),
        },
      ],
      confirm: gettext('Continue'),
      busy: gettext('Please wait…'),
      cancel: gettext('Cancel'),
      submit: ({ where }) => Promise.resolve(where === 'all' ? this.profiles.form() : this.allowances.form()),
    });
  }

  /** Actions on selected allowances; profiles already apply to all exams. */
  protected override below(): TemplateResult | typeof nothing {
    return bulkBar([...this.chosen.values()], this.allowances);
  }

  protected override begun(): void {
    this.exams.forget();
  }

  protected override loaded(page: Page<Accommodation>): void {
    super.loaded(page);
    this.exams.ensure();
  }
}
