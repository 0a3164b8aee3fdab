// Changes of the page by scripts: translated texts, messages, pending buttons, navigation.

import { errorText } from './errors';
import { gettext } from './gettext';

export { errorText, UserError } from './errors';
export { gettext } from './gettext';

/** Leaves the page without the browser's "leave site?" question; an object, so that tests can replace it. */
export const navigation = {
  reload(): void {
    window.onbeforeunload = null;
    window.location.reload();
  },
  go(url: string): void {
    window.onbeforeunload = null;
    window.location.assign(url);
  },
};

function screenOf(element: Element): Element {
  return element.closest('.sequence, dialog') ?? element.parentElement ?? document.body;
}

function line(near: Element, name: string, role: string): HTMLElement {
  const screen = screenOf(near);
  let found = screen.querySelector<HTMLElement>(`.${name}`);
  if (!found) {
    found = document.createElement('p');
    found.className = name;
    found.setAttribute('role', role);
    screen.append(found);
  }
  return found;
}

function write(element: HTMLElement, text: string): void {
  element.hidden = false;
  element.textContent = text;
}

/** Show an error in the screen; screen readers announce it. */
export function showError(near: Element, text: string): void {
  write(line(near, 'proctoring-message', 'alert'), text);
}

/** Show progress. Without a text it only creates the live region, so that screen readers announce later texts. */
export function announce(near: Element, text = ''): void {
  write(line(near, 'proctoring-status', 'status'), text);
}

/** Remove the error that the screen shows. */
export function clearError(near: Element): void {
  const message = screenOf(near).querySelector<HTMLElement>('.proctoring-message');
  if (!message) return;
  message.hidden = true;
  message.textContent = '';
}

/** The enabled buttons of the same screen: all of them are disabled while one works. */
function neighbours(button: HTMLButtonElement): HTMLButtonElement[] {
  const screen = button.closest('.sequence, dialog');
  const all = screen ? Array.from(screen.querySelectorAll('button')) : [button];
  return all.filter((one) => !one.disabled);
}

/** Run the work of a button, once at a time; an error is shown and the buttons are enabled again.
 *
 * The button itself is only marked as disabled: a disabled one would lose the focus.
 */
export async function pending(button: HTMLButtonElement, work: () => Promise<void>): Promise<void> {
  if (button.disabled || button.getAttribute('aria-busy') === 'true') return;
  const resting = neighbours(button);
  const { loadingText, ctaText } = button.dataset;
  const text = button.textContent;
  for (const one of resting) one.disabled = one !== button;
  button.setAttribute('aria-disabled', 'true');
  button.setAttribute('aria-busy', 'true');
  if (loadingText) button.textContent = loadingText;
  clearError(button);
  announce(button, loadingText ?? gettext('Please wait…'));
  try {
    await work();
  } catch (error) {
    if (loadingText) button.textContent = ctaText ?? text;
    for (const one of resting) one.disabled = false;
    button.removeAttribute('aria-disabled');
    button.removeAttribute('aria-busy');
    announce(button);
    showError(button, errorText(error));
    button.focus();
  }
}
