// The actions of a row: a list of buttons in the top layer, one per section, filled when it is opened.

import { type ReactiveController, type ReactiveControllerHost, type TemplateResult, html, nothing } from 'lit';
import { type IconName, icon } from './icons';

export interface Action {
  name: string;
  label: string;
  isDanger?: boolean;
  run: () => void;
}

export class Menu implements ReactiveController {
  private actions: Action[] = [];
  private opener: HTMLElement | null = null;

  constructor(private readonly host: ReactiveControllerHost & HTMLElement) {
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener('scroll', this.follow, { passive: true });
  }

  hostDisconnected(): void {
    window.removeEventListener('scroll', this.follow);
  }

  /** The menu stays at its button while the page is scrolled. */
  private follow = (): void => {
    const { element } = this;
    if (this.actions.length && element?.matches(':popover-open')) this.place(element);
  };

  private get element(): HTMLElement | null {
    return this.host.shadowRoot?.querySelector<HTMLElement>('.menu') ?? null;
  }

  private open(event: Event, actions: Action[]): void {
    this.opener = event.currentTarget as HTMLElement;
    this.actions = actions;
    this.host.requestUpdate();
    void this.host.updateComplete.then(() => {
      const { element } = this;
      if (!element?.showPopover) return;
      element.showPopover();
      this.place(element);
      element.querySelector<HTMLElement>('button')?.focus();
    });
  }

  /** Below the button, or above it where there is no room; ends where the button ends. */
  private place(element: HTMLElement): void {
    const button = this.opener!.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = element;
    const isBelow = button.bottom + height < window.innerHeight;
    const left = getComputedStyle(this.host).direction === 'rtl' ? button.left : button.right - width;
    element.style.top = `${Math.max(0, isBelow ? button.bottom : button.top - height)}px`;
    element.style.left = `${Math.min(Math.max(0, left), window.innerWidth - width)}px`;
  }

  private run(action: Action): void {
    this.element?.hidePopover?.();
    this.opener?.focus();
    action.run();
  }

  /** A button with three dots, or with this shape and its label. */
  button(label: string, actions: () => Action[], shape?: IconName): TemplateResult {
    return html`<button
      type="button"
      class=${shape ? 'btn' : 'btn btn-icon btn-quiet btn-small action-more'}
      aria-label=${shape ? nothing : label}
      aria-haspopup="true"
      @click=${(event: Event) => this.open(event, actions())}
    >
      ${icon(shape ?? 'more')}${shape ? label : nothing}
    </button>`;
  }

  render(): TemplateResult {
    const { actions } = this;
    return html`<div class="menu" popover="auto">
      ${actions.length
        ? html`<ul>
            ${actions.map(
              (action) => html`<li>
                <button type="button" class="menu-item ${action.isDanger ? 'is-danger' : ''}" data-action=${action.name} @click=${() => this.run(action)}>
                  ${action.label}
                </button>
              </li>`,
            )}
          </ul>`
        : nothing}
    </div>`;
  }
}
