// Lists as files: a dialog asks for content and format, and shows why an export failed.

import { type TemplateResult, html } from 'lit';
import { download } from '../http';
import { errorText } from './errors';
import { icon } from './icons';
import type { Field, Question, Values } from './dialogs';
import { gettext } from './i18n';

/** Let the browser store the file. */
function store(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export interface Export {
  /** What is exported, for the heading. */
  title: string;
  /** Before the format: which rows. */
  fields?: Field[];
  /** By default, CSV and XLSX. */
  formats?: [value: string, label: string][];
  /** Where the file is, without its format. */
  address: (values: Values) => URL;
}

const FORMATS: [string, string][] = [
  ['csv', 'CSV'],
  ['xlsx', 'XLSX'],
];

/** The byte order mark lets Excel read names in all languages. */
function inFormat(address: URL, { file, bom }: Values): string {
  const kind = file.split(' ').pop()!;
  if (kind !== 'csv') address.searchParams.set('file', kind);
  else if (bom) address.searchParams.set('bom', 'true');
  return `${address.pathname}${address.search}`;
}

export function exportQuestion({ title, fields = [], formats = FORMATS, address }: Export): Question {
  return {
    heading: `${gettext('Export')}: ${title}`,
    fields: [
      ...fields,
      { name: 'file', label: gettext('File'), kind: 'radio', options: formats, value: formats[0][0] },
      {
        name: 'bom',
        label: gettext('CSV with a byte order mark, so that Excel reads names in all languages'),
        kind: 'check',
        value: '1',
      },
    ],
    confirm: gettext('Export'),
    busy: gettext('The file is being made…'),
    cancel: gettext('Cancel'),
    errorText: (error) => `${gettext('The file could not be made.')} ${errorText(error)}`,
    canBeStopped: true,
    submit: async (values, signal) => {
      const { content, name } = await download(inFormat(address(values), values), signal);
      if (!signal.aborted) store(content, name || `export.${values.file}`);
    },
  };
}

export function exportButton(ask: () => void): TemplateResult {
  return html`<button type="button" class="btn export" @click=${ask}>${icon('download')}${gettext('Export…')}</button>`;
}
