// Lists as files: the rows that the filters leave. Failures are shown in the page, which stays open.

import { type ReactiveController, type ReactiveControllerHost, type TemplateResult, html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { download } from '../http';
import { errorText } from './errors';
import { icon } from './icons';
import { gettext } from './text';

export type Kind = 'csv' | 'xlsx';

/** Let the browser store the file. */
function store(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export class Exports implements ReactiveController {
  private failure: { text: string } | null = null;
  private isBusy = false;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {}

  /** The byte order mark lets Excel read names in all languages. */
  address(url: string, filters: URLSearchParams, kind: Kind): string {
    const query = new URLSearchParams(filters);
    if (kind === 'csv') query.set('bom', 'true');
    else query.set('file', kind);
    return `${url}?${query}`;
  }

  /** Store the file at the address. */
  async run(url: string, kind: Kind): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    this.failure = null;
    this.host.requestUpdate();
    try {
      const { content, name } = await download(url);
      store(content, name || `export.${kind}`);
    } catch (error) {
      this.failure = { text: errorText(error) };
    } finally {
      this.isBusy = false;
      this.host.requestUpdate();
    }
  }

  private clicked(event: Event, url: string, kind: Kind): void {
    event.preventDefault();
    void this.run(url, kind);
  }

  buttons(url: string, filters: URLSearchParams): TemplateResult {
    const link = (kind: Kind, label: string) => {
      const address = this.address(url, filters, kind);
      return html`<a class="btn export" data-file=${kind} href=${address} download aria-disabled=${this.isBusy ? 'true' : 'false'} @click=${(event: Event) => this.clicked(event, address, kind)}>
        ${kind === 'csv' ? icon('download') : nothing}${label}
      </a>`;
    };
    return html`${link('csv', gettext('Export CSV'))} ${link('xlsx', gettext('Export XLSX'))}`;
  }

  /** What went wrong, or that the file is being made. */
  render(): TemplateResult {
    const { failure } = this;
    const banner = failure && html`<div class="banner export-failure" data-tone="bad" role="alert">${icon('warn')}
      <p><strong>${gettext('The file could not be made')}</strong> ${failure.text}</p>
    </div>`;
    return html`<p class="visually-hidden" role="status">${this.isBusy ? gettext('The file is being made…') : ''}</p>
      ${banner ? keyed(failure, banner) : nothing}`;
  }
}
