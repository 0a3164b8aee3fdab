// The dialogs about profiles: a form, a preview for each exam, and the result.

import { type TemplateResult, html, nothing } from 'lit';
import { RequestFailed, type Version, newKey } from '../http';
import { askAboutCurrent } from '../staff/accommodation_forms';
import { changeErrorText } from '../staff/errors';
import type { Field, Question, Values } from '../staff/dialogs';
import { formatMoment, formatNumber, gettext, interpolate, ngettext } from '../staff/i18n';
import { type Profile, breaks, dayOf, extraTime, lastDayOf, momentOf, shortFactor, validity } from './profile';

interface PreviewRow {
  exam_name: string;
  minutes_before: number;
  minutes_after: number;
  ends_after: string | null;
  cut_by: string | null;
  is_counted_twice: boolean;
}

interface Preview {
  rows: PreviewRow[];
}

type Body = Record<string, unknown>;

export interface ProfileContext {
  ask: (question: Question) => void;
  /** Send a request to a path below the profiles. */
  post: <T>(path: string, body: object, key: string) => Promise<T | null>;
  patch: (id: number, body: object, etag: string) => Promise<unknown>;
  read: (id: number) => Promise<Version<Profile>>;
  done: (text: string) => void;
  /** Whether the list is outdated. */
  stale: () => void;
}

const MOST_LEARNERS = 20;
const NUMBERS = ['minutes', 'break_count', 'break_minutes', 'break_total_minutes'] as const;
const CHECKS = ['beyond_due_date', 'camera_exempt'] as const;
const TEXTS = ['for_reviewers', 'approver', 'note'] as const;

/** Conversions of the form's values for the server. */
const SENT: Record<string, (value: string) => unknown> = {
  factor: (value) => value.trim().replace(',', '.') || '1',
  ...Object.fromEntries(NUMBERS.map((name) => [name, (value: string) => Number(value || 0)])),
  ...Object.fromEntries(CHECKS.map((name) => [name, (value: string) => value === '1'])),
  ...Object.fromEntries(TEXTS.map((name) => [name, (value: string) => value.trim()])),
  valid_from: (value) => momentOf(value),
  valid_until: (value) => momentOf(value, 1),
};

function names(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

function wholeNumber(text: string): string | undefined {
  return /^\d*$/.test(text) ? undefined : gettext('Write a whole number, for example 10.');
}

function factorAtLeastOne(text: string): string | undefined {
  const number = Number(text.replace(',', '.') || 1);
  return number >= 1 ? undefined : gettext('Write a number above 1, for example 1.5.');
}

/** The form's values of a profile. */
function formOf(profile: Profile): Values {
  const or = (number: number) => (number ? String(number) : '');
  return {
    factor: shortFactor(profile.factor),
    ...Object.fromEntries(NUMBERS.map((name) => [name, or(profile[name])])),
    ...Object.fromEntries(CHECKS.map((name) => [name, profile[name] ? '1' : ''])),
    ...Object.fromEntries(TEXTS.map((name) => [name, profile[name]])),
    valid_from: dayOf(profile.valid_from),
    valid_until: lastDayOf(profile.valid_until),
  };
}

/** The form's values as the server expects them; for an existing profile only those that differ. */
function bodyOf(values: Values, known: Values = {}): Body {
  const changed = Object.keys(SENT).filter((name) => (values[name] ?? '') !== (known[name] ?? ''));
  return Object.fromEntries(changed.map((name) => [name, SENT[name](values[name] ?? '')]));
}

function number(name: string, label: string, given: Values, hint = ''): Field {
  return { name, label, kind: 'number', value: given[name], hint, check: wholeNumber };
}

function fields(given: Values): Field[] {
  return [
    {
      name: 'factor',
      label: gettext('Factor'),
      kind: 'number',
      value: given.factor,
      hint: gettext('Of the time of each exam, for example 1.5.'),
      check: factorAtLeastOne,
    },
    number('minutes', gettext('Extra minutes'), given),
    number('break_count', gettext('Breaks that stop the clock'), given, gettext('How many in an exam.')),
    number('break_minutes', gettext('Minutes of each break'), given),
    number('break_total_minutes', gettext('Minutes of all breaks in an exam'), given, gettext('Empty: each break may have its full length.')),
    { name: 'beyond_due_date', label: gettext('Extra time may go beyond the due date'), kind: 'check', value: given.beyond_due_date },
    { name: 'camera_exempt', label: gettext('Exempt from the camera'), kind: 'check', value: given.camera_exempt },
    {
      name: 'for_reviewers',
      label: gettext('Note for reviewers'),
      kind: 'area',
      value: given.for_reviewers,
      hint: gettext('Sent to the provider, for example aids that are allowed.'),
    },
    { name: 'valid_from', label: gettext('Valid from'), kind: 'date', value: given.valid_from },
    { name: 'valid_until', label: gettext('Valid until (inclusive)'), kind: 'date', value: given.valid_until },
    { name: 'approver', label: gettext('Approved by'), value: given.approver },
    { name: 'note', label: gettext('Note for staff'), kind: 'area', value: given.note },
  ];
}

function rowText({ minutes_before: before, minutes_after: after, ends_after: ends, cut_by: cut, is_counted_twice: isTwice }: PreviewRow): string {
  const texts = [interpolate(gettext('{before} → {after} min'), { before: formatNumber(before), after: formatNumber(after) })];
  if (ends) texts.push(interpolate(gettext('running, ends {end}'), { end: formatMoment(ends) }));
  if (cut) texts.push(gettext('cut by the due date'));
  if (isTwice) texts.push(gettext('also has minutes of its own'));
  return texts.join('; ');
}

/** Exams limited by their due date come first. */
function previewed(learner: string, { rows }: Preview): TemplateResult {
  const sorted = [...rows].sort((one, other) => Number(Boolean(other.cut_by)) - Number(Boolean(one.cut_by)));
  return html`<div>
    <p class="label"><bdi>${learner}</bdi></p>
    ${rows.length
      ? html`<ul class="preview">
          ${sorted.map((row) => html`<li data-outcome=${row.cut_by ? 'cut' : nothing}><bdi>${row.exam_name}</bdi>: ${rowText(row)}</li>`)}
        </ul>`
      : html`<p class="hint">${gettext('The course has no exam yet; later ones follow the profile.')}</p>`}
  </div>`;
}

function summary(profile: Profile): string {
  return [extraTime(profile), breaks(profile), validity(profile)].filter(Boolean).join(' · ');
}

export class ProfileForms {
  constructor(private readonly context: ProfileContext) {}

  /** The form for new profiles. */
  form(given: Values = {}): Question {
    return {
      heading: gettext('Add accommodation for all exams'),
      fields: [
        {
          name: 'users',
          id: 'user_info',
          label: gettext('Who'),
          kind: 'area',
          hint: gettext('Usernames or e-mail addresses, separated by commas or lines.'),
          value: given.users,
          aliases: ['user'],
          check: (text) => {
            const { length } = names(text);
            if (!length) return gettext('Name at least one learner.');
            return length <= MOST_LEARNERS ? undefined : gettext('Import a file for more than 20 learners.');
          },
        },
        ...fields(given),
      ],
      confirm: gettext('Preview'),
      busy: gettext('Please wait…'),
      cancel: gettext('Cancel'),
      submit: (values) => this.preview(values),
    };
  }

  private async preview(values: Values): Promise<Question> {
    const users = names(values.users);
    const parts: TemplateResult[] = [];
    for (const user of users) {
      const found = await this.context.post<Preview>('preview/', { user, ...bodyOf(values) }, newKey());
      parts.push(previewed(user, found ?? { rows: [] }));
    }
    const keys = new Map(users.map((user) => [user, newKey()])); // a repeated request creates no second profile
    const heading = ngettext('Add for {count} learner', 'Add for {count} learners', users.length);
    return {
      heading,
      text: html`${parts}<p class="hint">${gettext('Nothing is saved yet.')}</p>`,
      confirm: heading,
      busy: gettext('Saving…'),
      cancel: gettext('Cancel'),
      submit: () => this.store(users, values, keys),
    };
  }

  private async store(users: string[], values: Values, keys: Map<string, string>): Promise<Question | void> {
    const failed: [string, string][] = [];
    for (const user of users) {
      try {
        await this.context.post('', { user, ...bodyOf(values) }, keys.get(user)!);
      } catch (error) {
        failed.push([user, changeErrorText(error)]);
      }
    }
    const numbers = { done: formatNumber(users.length - failed.length), count: formatNumber(users.length) };
    const text = interpolate(gettext('Saved: {done} of {count}.'), numbers);
    this.context.done(text);
    if (!failed.length) return;
    return {
      heading: text,
      text: html`<ul class="preview" role="alert">${failed.map(([user, why]) => html`<li><strong><bdi>${user}</bdi></strong>: ${why}</li>`)}</ul>`,
      confirm: gettext('Correct the failed ones'),
      busy: gettext('Please wait…'),
      cancel: gettext('Close'),
      submit: () => Promise.resolve(this.form({ ...values, users: failed.map(([user]) => user).join('\n') })),
    };
  }

  private named(text: string, { username }: Profile): string {
    return interpolate(text, { learner: username });
  }

  edit(profile: Profile): Promise<string> {
    return askAboutCurrent(this.context, profile, (now, etag) => this.editing(now, etag, formOf(now)));
  }

  /** `theirs`: values that another user saved while this form was open. */
  private editing(known: Profile, etag: string, given: Values, theirs?: Profile): Question {
    const conflict = theirs && html`<div class="banner" data-tone="warn" role="alert">
        <p>${gettext('Somebody else has changed this in the meantime. Nothing was overwritten.')}</p>
      </div>
      <p>${gettext('Saved now')}: <strong>${summary(theirs)}</strong></p>`;
    return {
      heading: this.named(gettext('{learner}: accommodation for all exams'), known),
      text: conflict,
      fields: fields(given),
      confirm: gettext('Preview'),
      busy: gettext('Please wait…'),
      cancel: theirs ? gettext('Keep the newer version') : gettext('Cancel'),
      submit: (values) => this.previewChange(known, etag, values),
    };
  }

  private async previewChange(known: Profile, etag: string, values: Values): Promise<Question | void> {
    const body = bodyOf(values, formOf(known));
    if (!Object.keys(body).length) return;
    const found = await this.context.post<Preview>(`${known.id}/preview/`, body, newKey());
    return {
      heading: this.named(gettext('Change the accommodation of {learner}?'), known),
      text: html`${previewed(known.username, found ?? { rows: [] })}
        <p class="hint">${gettext('Attempts that run get longer at once, and none gets shorter.')}</p>`,
      confirm: gettext('Save'),
      busy: gettext('Saving…'),
      cancel: gettext('Cancel'),
      submit: () => this.save(known, etag, values, body),
    };
  }

  private async save(known: Profile, etag: string, values: Values, body: Body): Promise<Question | void> {
    try {
      await this.context.patch(known.id, body, etag);
    } catch (error) {
      this.context.stale();
      if (!(error instanceof RequestFailed) || error.status !== 412) throw error;
      const now = await this.context.read(known.id);
      return this.editing(now.data ?? known, now.etag, values, now.data ?? known);
    }
    this.context.done(this.named(gettext('The accommodation of {learner} was changed.'), known));
  }

  end(profile: Profile): Promise<string> {
    const key = newKey();
    return askAboutCurrent(this.context, profile, (now) => ({
      heading: this.named(gettext('Withdraw the accommodation of {learner}?'), now),
      text: html`<p><strong>${summary(now)}</strong></p>
        <p>${gettext('It ends now, for all exams. Attempts that run keep the time that they have; the record stays.')}</p>`,
      confirm: gettext('Withdraw'),
      busy: gettext('Please wait…'),
      cancel: gettext('Keep it'),
      isDanger: true,
      submit: async () => {
        await this.context.post(`${now.id}/end/`, {}, key);
        this.context.done(this.named(gettext('The accommodation of {learner} has ended.'), now));
      },
    }));
  }
}
