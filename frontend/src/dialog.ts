// The dialogs of learners' pages: an error to read, a question to answer.

import { gettext } from './gettext';
import { adoptStyles } from './styles';

const ERROR_ID = 'accessible-error-modal';

function child(parent: Element, tag: string, className: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  if (element instanceof HTMLButtonElement) element.type = 'button';
  parent.append(element);
  return element;
}

function part(dialog: Element, tag: string, className: string): HTMLElement {
  return dialog.querySelector<HTMLElement>(`.${className}`) ?? child(dialog, tag, className);
}

/** The page's own dialog of this id, completed where parts are missing; made where there is none. */
function dialogOf(id: string): HTMLDialogElement {
  let dialog = document.querySelector<HTMLDialogElement>(`dialog#${id}`);
  if (!dialog) {
    dialog = document.createElement('dialog');
    dialog.id = document.getElementById(id) ? `${id}-own` : id;
    dialog.className = 'px px-dialog px-stack';
    adoptStyles();
    document.body.append(dialog);
  }
  const title = part(dialog, 'h3', 'message-title');
  if (dialog.classList.contains('px')) title.classList.add('px-title');
  if (!title.id) title.id = `${dialog.id}-title`;
  dialog.setAttribute('aria-labelledby', title.id);
  part(dialog, 'p', 'message-body');
  const ok = part(dialog, 'button', 'ok-button');
  if (!ok.textContent) ok.textContent = gettext('OK');
  if (dialog.classList.contains('px')) ok.classList.add('px-button');
  return dialog;
}

/** Show it, and resolve when it is closed: true if by OK. The focus goes back to where it was. */
function opened(dialog: HTMLDialogElement, title: string, message: string, first = 'ok-button'): Promise<boolean> {
  part(dialog, 'h3', 'message-title').textContent = title;
  part(dialog, 'p', 'message-body').textContent = message;
  const opener = document.activeElement as HTMLElement | null;
  const ok = part(dialog, 'button', 'ok-button');
  return new Promise((resolve) => {
    const close = (agreed: boolean) => {
      if (dialog.open) dialog.close();
      opener?.focus();
      resolve(agreed);
    };
    ok.onclick = () => close(true);
    for (const button of dialog.querySelectorAll<HTMLElement>('.close-modal, .cancel-button')) {
      button.onclick = () => close(false);
    }
    dialog.oncancel = (event) => {
      event.preventDefault();
      close(false);
    };
    if (dialog.open) dialog.close();
    dialog.showModal();
    part(dialog, 'button', first).focus();
  });
}

/** Show an error; resolves when it has been read. */
export async function accessibleError(title: string, message: string): Promise<void> {
  await opened(dialogOf(ERROR_ID), title, message);
}

/** Close the question, if one is open, as not agreed. */
export function closeQuestion(): void {
  document.querySelector<HTMLDialogElement>('dialog#proctoring-question[open]')?.dispatchEvent(new Event('cancel', { cancelable: true }));
}

/** Ask; true when the learner agrees. With labels of its own, the focus is on the harmless button, which looks like the
 * main one unless what is asked for does `noHarm` either.
 */
export function confirmed(title: string, message: string, labels?: { agree: string; stay: string; noHarm?: boolean }): Promise<boolean> {
  const dialog = dialogOf('proctoring-question');
  const cancel = part(dialog, 'button', 'cancel-button');
  cancel.textContent = labels?.stay ?? gettext('Cancel');
  const ok = part(dialog, 'button', 'ok-button');
  ok.textContent = labels?.agree ?? gettext('OK');
  cancel.classList.add('px-button');
  const isHarmful = labels !== undefined && !labels.noHarm;
  cancel.classList.toggle('px-button--second', !isHarmful);
  ok.classList.toggle('px-button--danger', isHarmful);
  return opened(dialog, title, message, labels ? 'cancel-button' : undefined);
}
