// What a screen reader says of the exam's course, as transcripts to read: `spoken/*.txt`. The screens are the templates' own
// (`tests/api/test_spoken_screens.py` keeps them so). `npx vitest run --root frontend tests/spoken.test.ts -u` writes anew.

/// <reference types="vite/client" />
import { virtual } from '@guidepup/virtual-screen-reader';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { namespace } from '../src/proctored_exam';
import { awaitScreens, bindScreens } from '../src/screens';
import { type TimerBar, showTimer } from '../src/timer';
import instructions from './screens/instructions.html?raw';
import readyToStart from './screens/ready-to-start.html?raw';
import readyToSubmit from './screens/ready-to-submit.html?raw';
import submitted from './screens/submitted.html?raw';
import { type Answer, RUNNING, modalDialogs, server, visible, watchNavigation } from './helpers';

const FAKE = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;
const PATIENCE_MS = 60_000;
const LAST = 200; // more would be a reader that goes round in circles
let lines: string[];
let ends: () => void;
let bar: TimerBar | null;

bindScreens();

beforeEach(() => {
  vi.useFakeTimers({ toFake: [...FAKE] });
  lines = [];
  ends = () => undefined;
  bar = null;
  Object.assign(namespace(), { configuredWorkerURL: '', attemptExternalId: '' });
  visible(true);
  modalDialogs();
  sessionStorage.clear();
  watchNavigation();
});
afterEach(async () => {
  ends();
  bar?.stop();
  await virtual.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);
const title = (text: string) => lines.push('', `== ${text}`);

/** The text with the same times in each run. */
const atOneTime = (text: string) => text.replace(/since [^.]+\./, 'since 14:47:20.').replace(/You now have until [^.]+\./, 'You now have until 15:00.');

/** What was said since the last look. */
async function heard(): Promise<void> {
  await seconds(0);
  const said = (await virtual.spokenPhraseLog()).filter((text) => !/^(polite|assertive): $/.test(text));
  const timeless = said.map(atOneTime);
  lines.push(...timeless.filter((text, at) => text !== timeless[at - 1]));
  await virtual.clearSpokenPhraseLog();
}

/** Put the page there, and read it from top to bottom. */
async function readPage(html: string): Promise<void> {
  await virtual.stop();
  const scripted = html.replace(/<noscript>[^]*?<\/noscript>/g, ''); // jsdom shows both
  document.body.innerHTML = `<div class="proctored_exam_status"></div><main>${scripted}</main>`;
  ends();
  ends = awaitScreens();
  await readAll();
}

async function readAll(): Promise<void> {
  await virtual.start({ container: document.body });
  for (let count = 0; (await virtual.lastSpokenPhrase()) !== 'end of document'; count += 1) {
    expect(count).toBeLessThan(LAST);
    await virtual.next();
  }
  await heard();
}

async function press(name: string): Promise<void> {
  const all = Array.from(document.querySelectorAll('button'));
  const button = all.find((one) => one.textContent?.trim() === name)!;
  button.focus();
  button.click();
  await heard();
}

const transcript = (name: string) => expect(`${lines.join('\n').trim()}\n`).toMatchFileSnapshot(`spoken/${name}.txt`);
const status = (name: string): Answer => ({ body: { status: name } });

test('set-up', async () => {
  server(status('created'), status('download_software_clicked'), status('ready_to_start'));
  title('The page');
  await readPage(instructions);
  title('“Go on to the rules”, too early');
  await press('Go on to the rules');
  title('The provider is ready');
  await seconds(60);
  await heard();
  await transcript('set-up');
}, PATIENCE_MS);

test('start', async () => {
  server({ status: 503 }, {});
  title('The page');
  await readPage(readyToStart);
  title('“Start my exam”, and the server is busy');
  await press('Start my exam');
  title('Once more');
  await press('Start my exam');
  await transcript('start');
}, PATIENCE_MS);

test('five minutes left', async () => {
  const left = (time: number, more: object = {}): Answer =>
    ({ body: { status: 'started', time_remaining_seconds: time, accessibility_time_string: `you have ${time / 60} minutes remaining`, ...more } });
  server({ body: { ...RUNNING, exam_display_name: 'Midterm: probability', time_remaining_seconds: 330 } }, left(300), left(288), left(582, { adjustments: [{ id: 1, seconds: 300 }] }));
  document.body.innerHTML = '<div class="proctored_exam_status"></div><main><h2>Midterm</h2><form><label>Why? <textarea></textarea></label><button class="submit">Submit</button></form></main>';
  bar = await showTimer(document.querySelector('.proctored_exam_status')!);
  title('The page');
  await readAll();
  title('Five minutes are left');
  await seconds(31);
  await heard();
  for (const [text, event] of [['No connection', 'offline'], ['The connection is back', 'online'], ['Time was added', 'online']]) {
    title(text);
    await seconds(6);
    window.dispatchEvent(new Event(event));
    await heard();
  }
  title('The bar now');
  await virtual.stop();
  await readAll();
  await transcript('five-minutes-left');
}, PATIENCE_MS);

test('end', async () => {
  server({});
  title('The question');
  await readPage(readyToSubmit);
  title('“Submit my exam”');
  await press('Submit my exam');
  title('The receipt');
  await readPage(submitted);
  await transcript('end');
}, PATIENCE_MS);
