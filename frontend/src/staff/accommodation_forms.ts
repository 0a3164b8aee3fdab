// The dialogs of the section "Accommodations".

import { type TemplateResult, html, nothing } from 'lit';
import { RequestFailed, type Version, newKey } from '../http';
import { type Allowance, kinds } from './accommodations';
import { changeErrorText } from './errors';
import type { Exam } from './exams';
import { type Field, type Question, type Values, required } from './dialogs';
import { formatNumber, gettext, interpolate, ngettext } from './i18n';

interface GrantRow {
  user: string;
  exam_id: number;
  outcome: string;
  detail: string;
}

interface ActionRow {
  allowance_id: number;
  username: string | null;
  exam_name: string | null;
  outcome: string;
  detail: string;
}

interface Results<Row> {
  succeeded: number;
  failed: number;
  results: Row[];
}

export interface FormContext {
  ask: (question: Question) => void;
  exams: () => Exam[];
  post: <T>(path: string, body: object, key: string) => Promise<T | null>;
  patch: (id: number, body: object, etag: string) => Promise<unknown>;
  remove: (id: number, etag: string) => Promise<unknown>;
  read: (id: number) => Promise<Version<Allowance>>;
  done: (text: string) => void;
  /** The list is not what the server has. */
  stale: () => void;
}

interface ReadContext<T> {
  ask: (question: Question) => void;
  read: (id: number) => Promise<Version<T>>;
  stale: () => void;
}

/** Asks about the row as it is now, not as the list showed it. Resolves with what went wrong before the dialog could be shown. */
export async function askAboutCurrent<T extends { id: number }>(
  context: ReadContext<T>,
  seen: T,
  question: (now: T, etag: string) => Question,
): Promise<string> {
  try {
    const { data, etag } = await context.read(seen.id);
    context.ask(question(data ?? seen, etag));
    return '';
  } catch (error) {
    context.stale();
    return changeErrorText(error);
  }
}

const ALL = 'all';
const TIME = ['time_multiplier', 'additional_time_granted'];

function names(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

/** What to say about a value of this kind; the server has the last word. */
function checkValue(kind: string, value: string): string | undefined {
  const number = Number(value.replace(',', '.'));
  if (kind === 'time_multiplier') {
    return value && number >= 1 ? undefined : gettext('Write a number above 1, for example 1.5.');
  }
  if (kind === 'additional_time_granted') {
    return /^\d+$/.test(value) ? undefined : gettext('Write a whole number of minutes, for example 10.');
  }
  return value ? undefined : gettext('Write what reviewers should allow.');
}

/** As the server reads it: with a point. */
function sentValue(kind: string, value: string): string {
  return kind === 'time_multiplier' ? value.trim().replace(',', '.') : value.trim();
}

function minutesIn(exam: Exam, kind: string, value: string): number {
  const number = Number(sentValue(kind, value));
  return kind === 'time_multiplier' ? Math.round((exam.time_limit_mins ?? 0) * (number - 1)) : number;
}

function bothVersions(theirs: string, mine: string): TemplateResult {
  const version = (name: string, value: string) => html`<div><dt>${name}</dt><dd><bdi>${value}</bdi></dd></div>`;
  return html`<div class="banner" data-tone="warn" role="alert">
      <p>${gettext('Somebody else has changed this in the meantime. Nothing was overwritten.')}</p>
    </div>
    <dl class="facts versions">${version(gettext('Saved now'), theirs)} ${version(gettext('Yours'), mine)}</dl>`;
}

export class AllowanceForms {
  constructor(private readonly context: FormContext) {}

  add(given: Values = {}): void {
    this.context.ask(this.form(given));
  }

  private chosen(values: Values): Exam[] {
    const ids = values.exams.split(',');
    const exams = this.context.exams();
    return ids.includes(ALL) ? exams : exams.filter(({ id }) => ids.includes(String(id)));
  }

  private fields(given: Values): Field[] {
    const exams = this.context.exams().map(({ id, exam_name }): [string, string] => [String(id), exam_name]);
    return [
      {
        name: 'users',
        id: 'user_info',
        label: gettext('Who'),
        kind: 'area',
        hint: gettext('Usernames or e-mail addresses, separated by commas or lines.'),
        value: given.users,
        check: (text) => (names(text).length ? undefined : gettext('Name at least one learner.')),
      },
      {
        name: 'exams',
        label: gettext('In which exams'),
        kind: 'choices',
        options: [[ALL, gettext('All exams of the course')], ...exams],
        value: given.exams,
        aliases: ['exam_ids'],
        check: required(gettext('Choose at least one exam.')),
      },
      {
        name: 'kind',
        id: 'allowance_type',
        label: gettext('What'),
        kind: 'select',
        options: Object.entries(kinds()),
        value: given.kind ?? 'time_multiplier',
        aliases: ['kinds.0.key'],
      },
      {
        name: 'value',
        id: 'allowance_value',
        label: gettext('Value'),
        hint: gettext('A factor such as 1.5, a number of minutes, or what reviewers should allow.'),
        value: given.value,
        aliases: ['kinds.0.value'],
      },
    ];
  }

  /** What each learner will have in each chosen exam. */
  private preview(values: Values): TemplateResult | typeof nothing {
    const { kind, value } = values;
    if (!TIME.includes(kind) || checkValue(kind, value.trim())) return nothing;
    const line = (exam: Exam) => {
      const more = minutesIn(exam, kind, value);
      const limit = exam.time_limit_mins ?? 0;
      const numbers = { limit: formatNumber(limit), more: formatNumber(more), all: formatNumber(limit + more) };
      return html`<li><bdi>${exam.exam_name}</bdi>: ${interpolate(gettext('{all} min = {limit} + {more}'), numbers)}</li>`;
    };
    const exams = this.chosen(values);
    if (!exams.length) return nothing;
    return html`<div>
      <p class="label">${gettext('What each learner will have')}</p>
      <ul class="preview">${exams.map(line)}</ul>
      <p class="hint">${gettext('The due date may cut the time; it is not moved.')}</p>
    </div>`;
  }

  /** The form for new allowances. */
  form(given: Values = {}): Question {
    const keys = new Map<string, string>();
    const fields = this.fields(given);
    const chosenKind = { value: given.kind ?? 'time_multiplier' };
    const kind = fields.find(({ name }) => name === 'kind')!;
    kind.check = (value) => {
      chosenKind.value = value;
      return undefined;
    };
    fields.find(({ name }) => name === 'value')!.check = (value) => checkValue(chosenKind.value, value);
    return {
      heading: gettext('Add accommodation'),
      fields,
      preview: (values) => this.preview(values),
      confirm: gettext('Add accommodation'),
      busy: gettext('Saving…'),
      cancel: gettext('Cancel'),
      id: 'addNewAllowance',
      submit: async (values) => {
        const body = {
          users: names(values.users),
          exam_ids: this.chosen(values).map(({ id }) => id),
          kinds: [{ key: values.kind, value: sentValue(values.kind, values.value) }],
        };
        const text = JSON.stringify(body);
        if (!keys.has(text)) keys.set(text, newKey());
        const answer = await this.context.post<Results<GrantRow>>('', body, keys.get(text)!);
        return this.granted(answer, values);
      },
    };
  }

  private saved(succeeded: number, failed: number): string {
    const numbers = { done: formatNumber(succeeded), count: formatNumber(succeeded + failed) };
    return interpolate(gettext('Saved: {done} of {count}.'), numbers);
  }

  private granted(answer: Results<GrantRow> | null, values: Values): Question | void {
    if (!answer) return;
    this.context.done(this.saved(answer.succeeded, answer.failed));
    if (!answer.failed) return;
    const exams = new Map(this.context.exams().map(({ id, exam_name }) => [id, exam_name]));
    const failed = answer.results.filter(({ outcome }) => outcome === 'failed');
    const rows = failed.map(({ user, exam_id, detail }) => [user, exams.get(exam_id) ?? String(exam_id), detail]);
    const users = names(failed.map(({ user }) => user).join(' ')).join('\n');
    return {
      ...this.failures(this.saved(answer.succeeded, answer.failed), rows),
      confirm: gettext('Correct the failed ones'),
      submit: () => Promise.resolve(this.form({ ...values, users })),
    };
  }

  private failures(heading: string, rows: string[][]): Question {
    return {
      heading,
      text: html`<ul class="preview" role="alert">
        ${rows.map(([user, exam, detail]) => html`<li><strong><bdi>${user}</bdi></strong> · <bdi>${exam}</bdi>: ${detail}</li>`)}
      </ul>`,
      confirm: gettext('OK'),
      busy: gettext('Please wait…'),
      cancel: gettext('Close'),
      submit: () => Promise.resolve(),
    };
  }

  private named(text: string, { user, exam }: Allowance): string {
    return interpolate(text, { learner: user.username, exam: exam.exam_name });
  }

  /** A change by somebody else is not overwritten: the list shows it, and the dialog says so. */
  private async unlessChanged(work: Promise<unknown>, text: string): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.context.stale();
      throw error;
    }
    this.context.done(text);
  }

  edit(allowance: Allowance): Promise<string> {
    return askAboutCurrent(this.context, allowance, (now, etag) => this.editing(now, etag));
  }

  /** `mine` is a value that met a newer version; then both are shown. */
  private editing(now: Allowance, etag: string, mine?: string): Question {
    const isConflict = mine !== undefined;
    return {
      heading: this.named(gettext('Change the accommodation of {learner} in “{exam}”'), now),
      text: isConflict ? bothVersions(now.value, mine) : undefined,
      fields: [
        {
          name: 'value',
          id: 'allowance_value',
          label: kinds()[now.key] ?? now.key,
          value: mine ?? now.value,
          check: (value) => checkValue(now.key, value),
        },
      ],
      confirm: isConflict ? gettext('Replace it by mine') : gettext('Save'),
      busy: gettext('Saving…'),
      cancel: isConflict ? gettext('Keep the newer version') : gettext('Cancel'),
      submit: ({ value }) => this.save(now, etag, value),
    };
  }

  /** What somebody else has saved meanwhile is shown beside what was typed, and is not overwritten unasked. */
  private async save(seen: Allowance, etag: string, value: string): Promise<Question | void> {
    const text = this.named(gettext('The accommodation of {learner} in “{exam}” was changed.'), seen);
    try {
      await this.unlessChanged(this.context.patch(seen.id, { value: sentValue(seen.key, value) }, etag), text);
    } catch (error) {
      if (!(error instanceof RequestFailed) || error.status !== 412) throw error;
      const now = await this.context.read(seen.id);
      return this.editing(now.data ?? seen, now.etag, value);
    }
  }

  remove(allowance: Allowance): Promise<string> {
    return askAboutCurrent(this.context, allowance, (now, etag) => ({
      heading: this.named(gettext('Remove the accommodation of {learner} in “{exam}”?'), now),
      text: html`<p>${kinds()[now.key] ?? now.key}: <strong><bdi>${now.value}</bdi></strong></p>
        <p>${gettext('Attempts that run keep the time that they have.')}</p>`,
      confirm: gettext('Remove'),
      busy: gettext('Removing…'),
      cancel: gettext('Keep it'),
      isDanger: true,
      submit: () =>
        this.unlessChanged(this.context.remove(now.id, etag), this.named(gettext('The accommodation of {learner} in “{exam}” was removed.'), now)),
    }));
  }

  private async act(body: object, key: string): Promise<Question | void> {
    const answer = await this.context.post<Results<ActionRow>>('actions/', body, key);
    if (!answer) return;
    const text = this.saved(answer.succeeded, answer.failed);
    this.context.done(text);
    const failed = answer.results.filter(({ outcome }) => outcome === 'failed');
    if (failed.length) return this.failures(text, failed.map((one) => [one.username ?? '', one.exam_name ?? '', one.detail]));
  }

  private listed(allowances: Allowance[]): TemplateResult {
    return html`<ul class="preview">
      ${allowances.map(({ user, exam }) => html`<li><bdi>${user.username}</bdi> · <bdi>${exam.exam_name}</bdi></li>`)}
    </ul>`;
  }

  removeAll(allowances: Allowance[]): void {
    const key = newKey();
    this.context.ask({
      heading: ngettext('Remove {count} accommodation?', 'Remove {count} accommodations?', allowances.length),
      text: html`${this.listed(allowances)}<p>${gettext('Attempts that run keep the time that they have.')}</p>`,
      confirm: gettext('Remove'),
      busy: gettext('Removing…'),
      cancel: gettext('Keep them'),
      isDanger: true,
      submit: () => this.act({ action: 'delete', allowance_ids: allowances.map(({ id }) => id) }, key),
    });
  }

  copy(allowances: Allowance[]): void {
    const key = newKey();
    const exams = this.context.exams().map(({ id, exam_name }): [string, string] => [String(id), exam_name]);
    this.context.ask({
      heading: ngettext('Copy {count} accommodation to another exam', 'Copy {count} accommodations to another exam', allowances.length),
      text: this.listed(allowances),
      fields: [
        {
          name: 'exam_id',
          label: gettext('Exam'),
          kind: 'select',
          options: [['', gettext('Choose an exam')], ...exams],
          hint: gettext('A factor counts from the limit of the other exam.'),
          check: required(gettext('Choose an exam.')),
        },
      ],
      confirm: gettext('Copy'),
      busy: gettext('Copying…'),
      cancel: gettext('Cancel'),
      submit: ({ exam_id }) =>
        this.act({ action: 'copy', allowance_ids: allowances.map(({ id }) => id), exam_id: Number(exam_id) }, key),
    });
  }
}
