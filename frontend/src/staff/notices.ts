// Notices about what has happened: announced once, shown until closed, with an undo button if possible.

import { type ReactiveController, type ReactiveControllerHost, type TemplateResult, html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { icon } from './icons';
import { gettext } from './i18n';

export interface Notice {
  text: string;
  undo?: () => void;
}

export class Notices implements ReactiveController {
  private notice: Notice | null = null;

  constructor(private readonly host: ReactiveControllerHost & HTMLElement) {
    host.addController(this);
  }

  hostConnected(): void {}

  show(notice: Notice | null): void {
    this.notice = notice;
    this.host.requestUpdate();
  }

  private dismiss(): void {
    this.show(null);
    this.host.focus();
  }

  private undo(): void {
    const { undo } = this.notice ?? {};
    this.dismiss();
    undo?.();
  }

  private content(notice: Notice): TemplateResult {
    return html`<div class="notice">
      ${icon('ok')}
      <p>${notice.text}</p>
      ${notice.undo ? html`<button type="button" class="btn btn-small" @click=${() => this.undo()}>${gettext('Undo')}</button>` : nothing}
      <button type="button" class="btn btn-icon btn-quiet btn-small" aria-label=${gettext('Close')} @click=${() => this.dismiss()}>${icon('close')}</button>
    </div>`;
  }

  render(): TemplateResult {
    const { notice } = this;
    return html`<div role="status" class="notices">${notice ? keyed(notice, this.content(notice)) : nothing}</div>`;
  }
}
