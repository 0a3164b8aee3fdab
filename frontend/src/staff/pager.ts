// The pager below a list: which rows it shows, and links to the other pages.

import { type TemplateResult, html } from 'lit';
import { live } from 'lit/directives/live.js';
import { icon } from './icons';
import { PAGE_SIZES, type ListQuery } from './query';
import { formatNumber, gettext, interpolate } from './text';

type Change = (query: Partial<ListQuery>) => void;

/** `aria-disabled` rather than `disabled`: the last page must not take the focus away. */
function step(isBack: boolean, isPossible: boolean, go: () => void): TemplateResult {
  const content = isBack ? html`${icon('left')}${gettext('Previous')}` : html`${icon('right')}${gettext('Next')}`;
  return html`<button
    type="button"
    class="btn btn-small"
    aria-disabled=${isPossible ? 'false' : 'true'}
    @click=${() => isPossible && go()}
  >
    ${content}
  </button>`;
}

function lastPage(count: number, { pageSize }: ListQuery): number {
  return Math.max(1, Math.ceil(count / pageSize));
}

export function pagePosition(count: number, query: ListQuery): string {
  const numbers = { page: formatNumber(query.page), last: formatNumber(lastPage(count, query)) };
  return interpolate(gettext('Page {page} of {last}'), numbers);
}

export function pager(count: number, query: ListQuery, change: Change): TemplateResult {
  const { page, pageSize } = query;
  const numbers = {
    first: formatNumber((page - 1) * pageSize + 1),
    last: formatNumber(Math.min(page * pageSize, count)),
    count: formatNumber(count),
  };
  const resize = (event: Event) => change({ pageSize: Number((event.target as HTMLSelectElement).value) });
  return html`<nav class="pager" aria-label=${gettext('Pages')}>
    <span>${interpolate(gettext('{first}–{last} of {count}'), numbers)}</span>
    <span class="end">
      <label for="page-size">${gettext('Rows')}</label>
      <span class="select">
        <select id="page-size" @change=${resize}>
          ${PAGE_SIZES.map((size) => html`<option value=${size} .selected=${live(size === pageSize)}>${size}</option>`)}
        </select>
        ${icon('down')}
      </span>
      ${step(true, page > 1, () => change({ page: page - 1 }))}
      <span>${pagePosition(count, query)}</span>
      ${step(false, page < lastPage(count, query), () => change({ page: page + 1 }))}
    </span>
  </nav>`;
}
