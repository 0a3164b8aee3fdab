// Import of profiles: a preview shows the effect of each line, and nothing is stored before it is confirmed.

import { type TemplateResult, html, nothing } from 'lit';
import { newKey } from '../http';
import { type Question, required } from '../staff/dialogs';
import { formatNumber, gettext, interpolate, ngettext } from '../staff/i18n';

type Cell = string | number | boolean | null;

interface Line {
  line: number;
  username: string;
  outcome: 'created' | 'changed' | 'refused';
  changes: Record<string, [Cell, Cell]>;
  errors: Record<string, string[]>;
}

interface Result {
  created: number;
  changed: number;
  unchanged: number;
  refused: number;
  rows: Line[];
}

export interface ImportContext {
  send: (path: string, text: string, key: string) => Promise<Result | null>;
  done: (text: string) => void;
}

const SHOWN = 200;
const RANK = { refused: 0, changed: 1, created: 2 };

function outcomes(): Record<Line['outcome'], string> {
  return { created: gettext('New'), changed: gettext('Changed'), refused: gettext('Error, skipped') };
}

function columns(): Record<string, string> {
  return {
    username: gettext('Who'),
    scope: gettext('In which exams'),
    factor: gettext('Factor'),
    minutes: gettext('Extra minutes'),
    break_count: gettext('Breaks that stop the clock'),
    break_minutes: gettext('Minutes of each break'),
    break_total_minutes: gettext('Minutes of all breaks in an exam'),
    camera_exempt: gettext('Exempt from the camera'),
    for_reviewers: gettext('Note for reviewers'),
    beyond_due_date: gettext('Extra time may go beyond the due date'),
    valid_from: gettext('Valid from'),
    valid_until: gettext('Valid until'),
    approver: gettext('Approved by'),
    note: gettext('Note for staff'),
  };
}

function shown(value: Cell): string {
  if (value === true) return gettext('yes');
  if (value === false) return gettext('no');
  return value === null || value === '' ? '–' : String(value);
}

function details({ outcome, errors, changes }: Line): string {
  const names = columns();
  const named = (name: string, text: string) => (name ? `${names[name] ?? name}: ${text}` : text);
  if (outcome === 'refused') return Object.entries(errors).map(([name, texts]) => named(name, texts.join(' '))).join(' · ');
  const values = Object.entries(changes);
  if (outcome === 'created') return values.map(([name, [, after]]) => named(name, shown(after))).join(' · ');
  return values.map(([name, [before, after]]) => named(name, `${shown(before)} → ${shown(after)}`)).join(' · ');
}

/** Sorts errors first. */
function listed(rows: Line[]): TemplateResult {
  const sorted = [...rows].sort((one, other) => RANK[one.outcome] - RANK[other.outcome] || one.line - other.line);
  const more = rows.length - SHOWN;
  return html`<ul class="preview">
      ${sorted.slice(0, SHOWN).map(
        (row) => html`<li data-outcome=${row.outcome}>
          ${interpolate(gettext('Line {line}'), { line: row.line })}: <strong><bdi>${row.username}</bdi></strong> ·
          ${outcomes()[row.outcome]} <span class="sub"><bdi>${details(row)}</bdi></span>
        </li>`,
      )}
    </ul>
    ${more > 0 ? html`<p class="hint">${ngettext('And {count} more line.', 'And {count} more lines.', more)}</p>` : nothing}`;
}

function counts({ created, changed, unchanged, refused }: Result): string {
  const numbers = { created, changed, unchanged, refused };
  const shownNumbers = Object.fromEntries(Object.entries(numbers).map(([name, count]) => [name, formatNumber(count)]));
  return interpolate(gettext('Errors: {refused}. Changed: {changed}. New: {created}. Same: {unchanged}.'), shownNumbers);
}

export class CsvImport {
  constructor(private readonly context: ImportContext) {}

  form(): Question {
    return {
      heading: gettext('Import accommodations from a file'),
      text: html`<p>${gettext('A CSV file with the column username, and any of: factor, minutes, break_count, break_minutes, break_total_minutes, camera_exempt, beyond_due_date, valid_from, valid_until, for_reviewers, approver, note. Learners missing from the file keep what they have.')}</p>`,
      fields: [
        {
          name: 'file',
          label: gettext('File'),
          kind: 'file',
          accept: '.csv,text/csv',
          check: required(gettext('Choose a file with at least one line.')),
        },
      ],
      confirm: gettext('Check before saving'),
      busy: gettext('Checking…'),
      cancel: gettext('Cancel'),
      submit: async ({ file }) => this.preview(file, await this.context.send('import/preview/', file, newKey())),
    };
  }

  private preview(file: string, found: Result | null): Question | void {
    if (!found) return;
    const count = found.created + found.changed;
    const key = newKey();
    const text = html`<p>${counts(found)}</p>${listed(found.rows)}`;
    if (!count) {
      return { ...this.told(gettext('The file changes nothing'), text), confirm: gettext('Back'), submit: () => Promise.resolve(this.form()) };
    }
    return {
      heading: gettext('Import accommodations: check before saving'),
      text: html`${text}<p class="hint">${gettext('Nothing is saved yet.')}</p>`,
      confirm: ngettext('Save {count} change', 'Save {count} changes', count),
      busy: gettext('Saving…'),
      cancel: gettext('Cancel'),
      submit: async () => this.finish(await this.context.send('import/', file, key)),
    };
  }

  private told(heading: string, text: TemplateResult): Question {
    const [confirm, busy, cancel] = [gettext('OK'), gettext('Please wait…'), gettext('Close')];
    return { heading, text, confirm, busy, cancel, submit: () => Promise.resolve() };
  }

  private finish(found: Result | null): Question | void {
    if (!found) return;
    this.context.done(counts(found));
    const failed = found.rows.filter(({ outcome }) => outcome === 'refused');
    if (failed.length) return this.told(counts(found), html`<div role="alert">${listed(failed)}</div>`);
  }
}
