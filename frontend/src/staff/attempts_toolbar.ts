// Search and filters above the attempts.

import { type TemplateResult, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { icon } from './icons';
import { type ListQuery, hasFilters } from './query';
import { examTypes, statusWords } from './statuses';
import { gettext, interpolate } from './text';

export interface Exam {
  id: number;
  exam_name: string;
}

type Name = 'exam' | 'type' | 'status';
type Change = (query: Partial<ListQuery>) => void;
type Option = [value: string, label: string];

export interface ToolbarHandlers {
  /** `isFinished`: after Enter or the cross in the field; otherwise the user may still be typing. */
  search: (text: string, isFinished: boolean) => void;
  choose: Change;
}

const NEVER_STORED = 'expired';

function capitalized(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

function options(name: Name, exams: Exam[]): Option[] {
  if (name === 'exam') return exams.map(({ id, exam_name }) => [String(id), exam_name]);
  if (name === 'type') return Object.entries(examTypes()).map(([type, label]) => [type, capitalized(label)]);
  return Object.entries(statusWords())
    .filter(([status]) => status !== NEVER_STORED)
    .map(([statuses, { label }]) => [statuses, label]);
}

function select(name: Name, label: string, all: string, query: ListQuery, exams: Exam[], choose: Change): TemplateResult {
  const found = options(name, exams);
  const value = query[name];
  // A deep link may name a value that is not, or not yet, among the options.
  if (value && !found.some(([one]) => one === value)) found.push([value, value]);
  const changed = (event: Event) => choose({ [name]: (event.target as HTMLSelectElement).value });
  return html`<span class="select">
    <select aria-label=${label} name=${name} @change=${changed}>
      <option value="" .selected=${live(!value)}>${all}</option>
      ${found.map(([one, text]) => html`<option value=${one} .selected=${live(one === value)}>${text}</option>`)}
    </select>
    ${icon('down')}
  </span>`;
}

export function toolbar(query: ListQuery, exams: Exam[], { search, choose }: ToolbarHandlers): TemplateResult {
  const text = (event: Event) => (event.target as HTMLInputElement).value;
  return html`<div class="toolbar" role="search" aria-label=${gettext('Find attempts')}>
    <div class="search">
      ${icon('search')}
      <input
        class="input"
        type="search"
        name="search"
        maxlength="255"
        autocomplete="off"
        aria-label=${gettext('Find by username or e-mail address')}
        placeholder=${gettext('Username, e-mail')}
        .value=${query.search}
        @input=${(event: Event) => search(text(event), false)}
        @change=${(event: Event) => search(text(event), true)}
      />
    </div>
    ${select('exam', gettext('Exam'), gettext('All exams'), query, exams, choose)}
    ${select('type', gettext('Type'), gettext('All types'), query, exams, choose)}
    ${select('status', gettext('Status'), gettext('All statuses'), query, exams, choose)}
  </div>`;
}

function chip(text: string, remove: () => void): TemplateResult {
  const label = interpolate(gettext('Remove the filter: {filter}'), { filter: text });
  return html`<span class="tag"><bdi>${text}</bdi><button type="button" aria-label=${label} @click=${remove}>${icon('close')}</button></span>`;
}

/** The description of each filter. */
function words(query: ListQuery, exams: Exam[]): [keyof ListQuery, string][] {
  const word = (name: Name): [Name, string] => {
    const found = options(name, exams).find(([value]) => value === query[name]);
    return [name, found?.[1] ?? query[name]];
  };
  return [['search', query.search && `“${query.search}”`], word('exam'), word('type'), word('status')];
}

/** The active filters, each with a button that removes it. */
export function chips(query: ListQuery, exams: Exam[], remove: Change, removeAll: () => void): TemplateResult | typeof nothing {
  if (!hasFilters(query)) return nothing;
  return html`<div class="filters">
    <span class="soft">${gettext('Filters:')}</span>
    ${words(query, exams).map(([name, text]) => (text ? chip(text, () => remove({ [name]: '' })) : nothing))}
    <button type="button" class="link" @click=${removeAll}>${gettext('Clear all')}</button>
  </div>`;
}
