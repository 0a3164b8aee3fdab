// Search and filters above a list, and the filters that are chosen, each with a button that removes it.

import { type TemplateResult, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { icon } from './icons';
import { type FilterSpec, type ListQuery, hasFilters } from './list_query';
import { gettext, interpolate } from './i18n';

export type Option = [value: string, label: string];

export interface Filter extends FilterSpec {
  label: string;
  /** For a choice: the word for no filter, and what can be chosen. Without it the filter is a date. */
  all?: string;
  options?: Option[];
  /** For too many options: those that match what was typed so far, which the section then offers. */
  find?: (text: string) => Promise<Option[]>;
  /** The value in words, where options do not say it. */
  word?: (value: string) => string;
}

export interface ToolbarHandlers {
  /** `isFinished` with Enter or the cross in the field; else the reader may go on typing. */
  search: (text: string, isFinished: boolean) => void;
  choose: (filters: Record<string, string>) => void;
}

export interface SearchWords {
  id: string; // as suites of hosts find the field
  region: string;
  label: string;
  placeholder: string;
}

type Choose = ToolbarHandlers['choose'];

function valueOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}

function select({ name, label, all, options = [] }: Filter, value: string, choose: Choose): TemplateResult {
  const found = [...options];
  // A deep link may name what is not offered, or not yet.
  if (value && !found.some(([one]) => one === value)) found.push([value, value]);
  return html`<span class="select">
    <select aria-label=${label} name=${name} @change=${(event: Event) => choose({ [name]: valueOf(event) })}>
      <option value="" .selected=${live(!value)}>${all}</option>
      ${found.map(([one, text]) => html`<option value=${one} .selected=${live(one === value)}>${text}</option>`)}
    </select>
    ${icon('down')}
  </span>`;
}

/**
 * More options than a list can hold: the server finds them while the reader types. The list is drawn anew meanwhile,
 * so the field is only set when the choice changes: `live` would take away what is typed.
 */
function finder({ name, label, all, options = [], find }: Filter, value: string, choose: Choose): TemplateResult {
  const chooseFrom = (offered: Option[], text: string): boolean => {
    const found = text ? offered.find(([, label]) => label === text)?.[0] : '';
    if (found !== undefined) choose({ [name]: found });
    return found !== undefined;
  };
  const typed = (event: Event) => {
    const field = event.target as HTMLInputElement;
    const text = field.value;
    if (chooseFrom(options, text)) return;
    void find?.(text).then((offered) => field.value === text && chooseFrom(offered, text));
  };
  const text = options.find(([one]) => one === value)?.[1] ?? value;
  return html`<span class="finder">
    <input
      class="input"
      type="search"
      name=${name}
      list="find-${name}"
      autocomplete="off"
      aria-label=${label}
      placeholder=${all ?? ''}
      .value=${text}
      @input=${typed}
    />
    <datalist id="find-${name}">${options.map(([, label]) => html`<option value=${label}></option>`)}</datalist>
  </span>`;
}

function date({ name, label }: Filter, value: string, choose: Choose): TemplateResult {
  return html`<label class="date">
    <span>${label}</span>
    <input class="input" type="date" name=${name} .value=${live(value)} @change=${(event: Event) => choose({ [name]: valueOf(event) })} />
  </label>`;
}

function control(filter: Filter, query: ListQuery, choose: Choose): TemplateResult {
  const value = query.filters[filter.name] ?? '';
  if (filter.find) return finder(filter, value, choose);
  return filter.options ? select(filter, value, choose) : date(filter, value, choose);
}

export function toolbar(query: ListQuery, words: SearchWords, filters: Filter[], handlers: ToolbarHandlers): TemplateResult {
  const { search, choose } = handlers;
  return html`<div class="toolbar" role="search" aria-label=${words.region}>
    <div class="search">
      ${icon('search')}
      <input
        class="input"
        id=${words.id}
        type="search"
        name="search"
        maxlength="255"
        autocomplete="off"
        aria-label=${words.label}
        placeholder=${words.placeholder}
        .value=${query.search}
        @input=${(event: Event) => search(valueOf(event), false)}
        @change=${(event: Event) => search(valueOf(event), true)}
      />
    </div>
    ${filters.map((filter) => control(filter, query, choose))}
  </div>`;
}

function chip(text: string, remove: () => void): TemplateResult {
  const label = interpolate(gettext('Remove the filter: {filter}'), { filter: text });
  return html`<span class="tag"><bdi>${text}</bdi><button type="button" aria-label=${label} @click=${remove}>${icon('close')}</button></span>`;
}

function wordOf({ options, word }: Filter, value: string): string {
  return options?.find(([one]) => one === value)?.[1] ?? word?.(value) ?? value;
}

type Remove = (change: Partial<ListQuery>) => void;

/** The filters that hide something. */
export function chips(query: ListQuery, filters: Filter[], remove: Remove, removeAll: () => void): TemplateResult | typeof nothing {
  if (!hasFilters(query)) return nothing;
  const known = (name: string) => filters.find((filter) => filter.name === name);
  const one = ([name, value]: [string, string]) => {
    if (!value) return nothing;
    const filter = known(name);
    return chip(filter ? wordOf(filter, value) : value, () => remove({ filters: { ...query.filters, [name]: '' } }));
  };
  return html`<div class="filters">
    <span class="soft">${gettext('Filters:')}</span>
    ${query.search ? chip(`“${query.search}”`, () => remove({ search: '' })) : nothing} ${Object.entries(query.filters).map(one)}
    <button type="button" class="link" @click=${removeAll}>${gettext('Clear all')}</button>
  </div>`;
}

/** Days of the reader, as the interface wants moments: from the first one's begin to the last one's end. */
export function daysBetween(column: string, since: Omit<Filter, 'name'>, until: Omit<Filter, 'name'>): Filter[] {
  const at = (day: string, shift: number) => {
    const date = new Date(`${day}T00:00:00`);
    date.setDate(date.getDate() + shift);
    return Number.isNaN(date.getTime()) ? day : date.toISOString();
  };
  return [
    { name: 'since', parameters: (day) => [[`${column}_after`, at(day, 0)]], ...since },
    { name: 'until', parameters: (day) => [[`${column}_before`, at(day, 1)]], ...until },
  ];
}
