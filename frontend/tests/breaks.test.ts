import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bindBreakScreen, shortClock } from '../src/breaks';
import { bindScreens } from '../src/screens';
import { type TimerBar, showTimer } from '../src/timer';
import { type Answer, RUNNING as DATA, modalDialogs, pageWithTimer, server, watchNavigation } from './helpers';

let root: HTMLElement;
let found: TimerBar | null;

beforeEach(() => {
  root = pageWithTimer();
  modalDialogs();
  found = null;
});
afterEach(() => {
  found?.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const BREAKS = { left: 2, seconds_left: 480, longest: 300, ends_in: 0, begin_url: '/begin', end_url: '/end' };
const button = () => root.querySelector<HTMLButtonElement>('.proctoring-break-button');
const question = () => document.querySelector<HTMLDialogElement>('dialog[open]');
const cover = () => document.querySelector<HTMLElement>('.proctoring-pause');
const settled = () => vi.advanceTimersByTimeAsync(1);
const left = (time: number, more: object = {}): Answer =>
  ({ body: { status: 'started', time_remaining_seconds: time, ...more } });
const onBreak = left(540, { paused: { kind: 'break', since: 'x', message: '' }, breaks: { ...BREAKS, left: 1, ends_in: 300 } });

/** Press the button of a break, and the one in its question. */
async function press(agrees = true) {
  button()!.click();
  await settled();
  question()!.querySelector<HTMLElement>(agrees ? '.ok-button' : '.cancel-button')!.click();
  await settled();
}

async function bar(...answers: Answer[]) {
  const navigation = watchNavigation();
  const sent = server({ body: { ...DATA, breaks: BREAKS } }, ...answers);
  found = await showTimer(root);
  return { navigation, sent };
}

describe('a break', () => {
  test('is begun and ended on the page, without a reload', async () => {
    const { navigation, sent } = await bar({ body: { changed: true } }, onBreak, { body: {} }, left(540, { breaks: BREAKS }));
    expect(button()!.previousElementSibling!.id).toBe('toggle_timer'); // beside the clock
    expect(button()!.textContent).toBe('Take a break…');
    await press(false);
    expect(sent.filter((one) => one.method === 'POST')).toEqual([]);
    button()!.click();
    await settled();
    expect(question()!.textContent).toContain('You have 8 minutes left for breaks, and this one can last up to 5 minutes. During a break your clock stands still');
    expect(document.activeElement!.textContent).toBe('Not now'); // the harmless one
    await press();
    expect(cover()!.textContent).toContain('You are on a break');
    expect(cover()!.textContent).toContain('Time left when you go on9 minutes');
    expect(cover()!.querySelector('[role="timer"]')!.textContent).toBe('5:00');
    expect(button()).toBeNull();
    await vi.advanceTimersByTimeAsync(10000);
    expect(cover()!.querySelector('[role="timer"]')!.textContent).toBe('4:50');
    cover()!.querySelector<HTMLButtonElement>('.proctoring-end-break')!.click();
    await settled();
    expect([cover(), button() !== null, navigation.reloads]).toEqual([null, true, 0]);
    expect(sent.filter((one) => one.method === 'POST').map((one) => one.url)).toEqual(['/begin', '/end']);
  });

  test('ends by itself when its time is used up', async () => {
    const polls = Array<Answer>(20).fill(onBreak);
    await bar({ body: {} }, ...polls, left(540, { breaks: { ...BREAKS, left: 1 } }));
    await press();
    await vi.advanceTimersByTimeAsync(299000);
    expect(cover()).not.toBeNull();
    await vi.advanceTimersByTimeAsync(30000);
    expect(cover()).toBeNull();
  });

  test('a refused break is explained and can be tried again', async () => {
    await bar({ status: 400, body: { detail: 'You have no break left in this exam.' } });
    await press();
    expect(document.querySelector('.proctoring-message')!.textContent).not.toBe('');
    expect([button()!.disabled, cover()]).toEqual([false, null]);
  });

  test('there is no button without a remaining break', async () => {
    await bar(left(540, { breaks: { ...BREAKS, left: 0, longest: 0 } }));
    await vi.advanceTimersByTimeAsync(60000);
    expect(button()).toBeNull();
  });
});

test('the screen of a break counts down, and goes on by its button', async () => {
  document.body.innerHTML = `<div class="sequence" data-screen="break" data-end-break-url="/end" data-break-seconds="90">
    <span class="proctoring-break-left"></span><button class="proctoring-end-break">End</button></div>`;
  const navigation = watchNavigation();
  const sent = server({ body: {} });
  bindScreens();
  bindBreakScreen();
  bindBreakScreen();
  expect(document.querySelector('.proctoring-break-left')!.textContent).toBe('1:30');
  document.querySelector<HTMLButtonElement>('.proctoring-end-break')!.click();
  await settled();
  expect([sent[0].url, navigation.reloads]).toEqual(['/end', 1]);
  await vi.advanceTimersByTimeAsync(90000);
  expect(navigation.reloads).toBe(2);
});

test('formats minutes and seconds', () => {
  expect([0, -1, 59.2, 300, 3600].map(shortClock)).toEqual(['0:00', '0:00', '1:00', '5:00', '60:00']);
});
