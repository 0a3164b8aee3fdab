// How many rows there are of a kind; each number is a button that shows only these.

import { type ReactiveControllerHost, type TemplateResult, html, nothing } from 'lit';
import { read } from '../http';
import type { Page } from './list';
import { formatCount, gettext } from './i18n';

export interface Counted {
  filters: Record<string, string>;
  label: () => string;
  tone?: 'bad' | 'warn';
}

export class Counters {
  private counts: (Page<unknown> | null)[] = [];

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly address: () => string,
    private readonly counted: Counted[],
  ) {}

  forget(): void {
    this.counts = [];
  }

  /** Count anew; a number that cannot be read is not shown. */
  async count(): Promise<void> {
    const address = this.address();
    const one = ({ filters }: Counted) => read<Page<unknown>>(`${address}?${new URLSearchParams({ ...filters, page_size: '1' })}`).then(({ data }) => data);
    const counts = await Promise.all(this.counted.map((kind) => one(kind).catch(() => null)));
    if (address !== this.address()) return; // of another course
    this.counts = counts;
    this.host.requestUpdate();
  }

  /** `show` is called with the filters of the number that was pressed, or without any. */
  render(shown: Record<string, string>, show: (filters: Record<string, string>) => void): TemplateResult {
    const isShown = (filters: Record<string, string>) => new URLSearchParams(given(shown)).toString() === new URLSearchParams(given(filters)).toString();
    return html`<div class="card counters above" role="group" aria-label=${gettext('Show only')}>
      ${this.counted.map(({ filters, label, tone }, index) => {
        const count = this.counts[index];
        const isPressed = isShown(filters);
        return html`<button type="button" class="counter" aria-pressed=${isPressed ? 'true' : 'false'} data-tone=${(count?.count && tone) || nothing} @click=${() => show(isPressed ? {} : filters)}>
          <b>${count ? formatCount(count) : '–'}</b><span>${label()}</span>
        </button>`;
      })}
    </div>`;
  }
}

/** In one order, without empty ones. */
function given(filters: Record<string, string>): [string, string][] {
  return Object.entries(filters).filter(([, value]) => value).sort();
}
