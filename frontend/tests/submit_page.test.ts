// The page that asks whether to submit the exam, with the timer bar above it.

/// <reference types="vite/client" />
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type TimerBar, showTimer } from '../src/timer';
import { RUNNING, modalDialogs, server, visible, watchNavigation } from './helpers';
import submitPage from './screens/ready-to-submit.html?raw';

let found: TimerBar | null;

beforeEach(() => {
  vi.useFakeTimers();
  modalDialogs();
  visible(true);
  sessionStorage.clear();
});
afterEach(() => {
  found?.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const one = <T extends HTMLElement = HTMLButtonElement>(selector: string) => document.querySelector<T>(selector)!;
const saved = () => one('.px-bar__saved').textContent;

async function page(html: string, change: object = {}) {
  document.body.innerHTML = `<div class="proctored_exam_status"></div><main>${html}</main>`;
  watchNavigation();
  server({ body: { ...RUNNING, ...change } });
  found = await showTimer(one('.proctored_exam_status'));
}

test('names the answers that were typed before it and not submitted, and makes the way back the main one', async () => {
  await page('<form><textarea id="why"></textarea></form>');
  const area = one<HTMLTextAreaElement>('#why');
  area.value = 'Because';
  area.dispatchEvent(new Event('input', { bubbles: true }));
  window.dispatchEvent(new Event('pagehide'));
  found!.stop();
  await page(submitPage, { attempt_status: 'ready_to_submit' });
  const [back, submit] = ['start', 'submit'].map((action) => one(`main [data-action="${action}"]`).classList);
  expect([saved(), one('main .px-note').textContent]).toEqual(['1 answer not submitted', expect.stringContaining('1 answer is not submitted')]);
  expect([back.contains('px-button--second'), submit.contains('px-button--danger')]).toEqual([false, true]);
  found!.stop();
  await page('<form><textarea id="why"></textarea><button type="button" class="submit"></button></form>');
  await vi.advanceTimersByTimeAsync(1000);
  one('.submit').click();
  expect(saved()).toBe('All typed answers submitted');
});

test('submits as the main way when nothing is left', async () => {
  await page(submitPage, { attempt_status: 'ready_to_submit' });
  const [back, submit] = ['start', 'submit'].map((action) => one(`main [data-action="${action}"]`).classList);
  expect([saved(), one('main .px-note strong')]).toEqual(['All typed answers submitted', null]);
  expect([back.contains('px-button--second'), submit.contains('px-button--danger')]).toEqual([true, false]);
});

test('a field that cannot be found again is not counted, as nobody could submit it', async () => {
  await page('<form><textarea></textarea></form>');
  const area = one<HTMLTextAreaElement>('textarea');
  area.value = 'Because';
  area.dispatchEvent(new Event('input', { bubbles: true }));
  expect(saved()).toBe('1 answer not submitted');
  window.dispatchEvent(new Event('pagehide'));
  found!.stop();
  await page('<form><textarea></textarea></form>');
  expect(saved()).toBe('All typed answers submitted');
});
