import { beforeEach, expect, test } from 'vitest';
import { accessibleError, confirmed } from '../src/dialog';
import { modalDialogs } from './helpers';

beforeEach(() => {
  modalDialogs();
  document.body.innerHTML = '<button id="opener">x</button>';
  document.querySelector<HTMLElement>('#opener')!.focus();
});

const dialog = () => document.querySelector('dialog')!;
const part = (name: string) => dialog().querySelector<HTMLElement>(`.${name}`)!;

test('a page without a dialog gets one, with label, text, and the focus inside', async () => {
  const read = accessibleError('Title', '<b>text</b>');
  expect(dialog().open).toBe(true);
  expect(document.getElementById(dialog().getAttribute('aria-labelledby')!)!.textContent).toBe('Title');
  expect(part('message-body').textContent).toBe('<b>text</b>');
  expect(document.activeElement).toBe(part('ok-button'));
  part('ok-button').click();
  await read;
  expect(dialog().open).toBe(false);
  expect(document.activeElement!.id).toBe('opener');
});

test('the dialog of the page is used, and completed where parts are missing', () => {
  document.body.innerHTML = '<dialog id="accessible-error-modal"><h3 class="message-title" id="own"></h3></dialog>';
  void accessibleError('Title', 'text');
  expect(document.querySelectorAll('dialog').length).toBe(1);
  expect(dialog().getAttribute('aria-labelledby')).toBe('own');
  expect(part('message-body').textContent).toBe('text');
});

test("an old element of the host under the same id stays as it is", () => {
  document.body.innerHTML = '<div id="accessible-error-modal"></div>';
  void accessibleError('Title', 'text');
  expect(document.querySelectorAll('#accessible-error-modal').length).toBe(1);
  expect(dialog().open).toBe(true);
});

test.each([
  ['ok-button', true],
  ['cancel-button', false],
])('a question, answered by %s', async (button, agreed) => {
  const answer = confirmed('Title', 'Sure?');
  part(button).click();
  expect(await answer).toBe(agreed);
});

test('Escape cancels', async () => {
  const answer = confirmed('Title', 'Sure?');
  dialog().dispatchEvent(new Event('cancel', { cancelable: true }));
  expect(await answer).toBe(false);
  expect(document.activeElement!.id).toBe('opener');
});
