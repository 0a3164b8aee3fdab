import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { bindScreens } from '../src/screens';
import { watchSetUp } from '../src/instructions_screen';
import { type Answer, server, settle, visible, watchNavigation } from './helpers';

const START = '<button class="js-start-proctored-exam btn-secondary" data-not-ready-text="not yet">Start</button>';

function instructions(start = START, url = 'https://provider/'): void {
  document.body.innerHTML = `<div class="sequence instructions" data-screen="instructions" data-exam-started-poll-url="/attempt/7">
    <input id="proctored-exam-code" value="CODE" readonly><button id="copy-exam-code" data-copied-text="Copied">Copy</button>
    <span role="status" data-copy-status></span>
    <button id="software_download_link" class="btn-pl-primary" data-action="click_download_software"
      data-change-state-url="/attempt/7" data-software-download-url="${url}">Check</button>${start}
    <p class="js-setup-status" data-ready-text="ready" data-blocked-text="blocked:"></p></div>`;
}

const find = <T extends HTMLElement = HTMLButtonElement>(selector: string) => document.querySelector<T>(selector)!;
const note = () => find('.js-setup-status').textContent;
const message = () => find('.proctoring-message')?.textContent ?? '';

beforeAll(() => bindScreens());
beforeEach(() => visible(true));
afterEach(() => {
  document.body.innerHTML = '';
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the button that leads on', () => {
  const OWN = `<button class="js-start-proctored-exam px-button--second" aria-disabled="true" aria-describedby="why" data-not-ready-text="not yet">Start</button><p id="why">as soon as it is done</p>
    <ol><li data-step="now" aria-current="step"><span class="px-tag--info js-step-now" data-done-text="Done">Now</span></li></ol>`;
  const state = () => [find('.js-start-proctored-exam').getAttribute('aria-disabled'), find<HTMLElement>('#why').hidden];

  test('is marked as disabled, with the reason, until the provider is ready; pressed before, it says why', async () => {
    server({ body: { status: 'created' } });
    instructions(OWN);
    find('.js-start-proctored-exam').click();
    await settle();
    expect([message(), ...state()]).toEqual(['not yet', 'true', false]);
  });

  test('becomes active when the provider is ready, and the check can be repeated', async () => {
    vi.useFakeTimers();
    server({ body: { status: 'ready_to_start' } });
    instructions(OWN);
    const box = document.createElement('div');
    box.className = 'px-note px-note--quiet';
    find('.js-setup-status').replaceWith(box);
    box.innerHTML = '<svg></svg><div class="js-setup-status" data-ready-title="You are ready" data-ready-text="Go on."></div>';
    find('#software_download_link').dataset.repeatText = 'Repeat';
    watchSetUp();
    await vi.advanceTimersByTimeAsync(6000);
    expect(state()).toEqual([null, true]);
    expect([box.className, find('.js-setup-status strong').textContent, find('.js-setup-status p').textContent]).toEqual(['px-note px-note--good', 'You are ready', 'Go on.']);
    expect(find('#software_download_link').textContent).toBe('Repeat');
    const step = find('li');
    expect([step.textContent, step.dataset.step, step.hasAttribute('aria-current')]).toEqual(['Done', 'done', false]);
  });
});

describe('the system check', () => {
  test("the provider's page opens immediately, and the server is notified", async () => {
    const sent = server({ body: {} });
    const open = vi.spyOn(window, 'open').mockReturnValue({} as Window);
    instructions(START, 'https://provider/?a=1&amp;b=2');
    find('#software_download_link').click();
    expect(open).toHaveBeenCalledWith('https://provider/?a=1&b=2', '_blank');
    await settle();
    expect(sent[0]).toMatchObject({ method: 'PUT', url: '/attempt/7', data: { action: 'click_download_software' } });
    expect(find('.js-start-proctored-exam').classList).toContain('btn-pl-primary');
    expect(find('#software_download_link').classList).toContain('btn-secondary');
  });

  test('a blocked window is reported, with a link', async () => {
    server({ body: {} });
    vi.spyOn(window, 'open').mockReturnValue(null);
    instructions();
    find('#software_download_link').click();
    await settle();
    expect(note()).toBe('blocked: https://provider/');
    expect(find<HTMLAnchorElement>('.js-setup-status a').href).toBe('https://provider/');
  });

  test('a failure of before is not shown beside it', async () => {
    server({ body: { status: 'created' } });
    vi.spyOn(window, 'open').mockReturnValue({} as Window);
    instructions();
    find('.js-start-proctored-exam').click();
    await settle();
    expect(message()).toBe('not yet');
    find('#software_download_link').click();
    expect([message(), find('.proctoring-message').hidden]).toEqual(['', true]);
  });

  test('a failure to notify the server is shown', async () => {
    server('down');
    vi.spyOn(window, 'open').mockReturnValue({} as Window);
    instructions();
    find('#software_download_link').click();
    await settle();
    expect(message()).toMatch(/connection/);
  });

  test('a javascript URL is not opened', async () => {
    server({});
    const open = vi.spyOn(window, 'open').mockReturnValue(null);
    instructions(START, 'javascript:alert(1)');
    find('#software_download_link').click();
    await settle();
    expect(open).not.toHaveBeenCalled();
  });
});

test.each([
  ['ready_to_start', 1, ''],
  ['started', 1, ''],
  ['created', 0, 'not yet'],
  ['download_software_clicked', 0, 'not yet'],
])('starting while %s', async (status, reloads, text) => {
  const sent = server({ body: { status } });
  const navigation = watchNavigation();
  instructions();
  find('.js-start-proctored-exam').click();
  await settle();
  expect(sent[0].url).toBe('/attempt/7?sourceid=instructions');
  expect([navigation.reloads, message()]).toEqual([reloads, text]);
});

describe('waiting for the provider', () => {
  beforeEach(() => vi.useFakeTimers());

  async function watched(milliseconds: number, ...answers: Answer[]) {
    const sent = server(...answers);
    const navigation = watchNavigation();
    watchSetUp();
    watchSetUp(); // changes nothing
    await vi.advanceTimersByTimeAsync(milliseconds);
    return { sent, navigation };
  }
  const status = (word: string) => ({ body: { status: word } });

  test('readiness is shown automatically, even after a network failure, and polling stops', async () => {
    instructions();
    const { sent, navigation } = await watched(60000, 'down', { status: 503 }, status('created'), status('ready_to_start'));
    expect([note(), sent.length, navigation.reloads]).toEqual(['ready', 4, 0]);
    expect(find('.js-start-proctored-exam').classList).toContain('btn-pl-primary');
  });

  test('a failure of before is not shown beside it', async () => {
    instructions();
    server(status('created'));
    find('.js-start-proctored-exam').click();
    await vi.advanceTimersByTimeAsync(0);
    expect(message()).toBe('not yet');
    await watched(6000, status('ready_to_start'));
    expect([note(), message(), find('.proctoring-message').hidden]).toEqual(['ready', '', true]);
  });

  test('polling intervals grow', async () => {
    instructions();
    const { sent } = await watched(5 * 60 * 1000, status('created'));
    expect(sent.length).toBeGreaterThan(12);
    expect(sent.length).toBeLessThan(25);
  });

  test.each([
    ['ready_to_start', ''],
    ['started', START],
    ['error', START],
  ])('%s has a screen of its own', async (word, start) => {
    instructions(start);
    expect((await watched(6000, status(word))).navigation.reloads).toBe(1);
  });

  test('does not poll in the background, and polls immediately when visible again', async () => {
    instructions();
    visible(false);
    const { sent } = await watched(10 * 60 * 1000, status('ready_to_start'));
    expect(sent).toEqual([]);
    visible(true);
    await vi.advanceTimersByTimeAsync(0);
    expect([sent.length, note()]).toEqual([1, 'ready']);
  });

  test('a refusal is shown and ends polling', async () => {
    instructions();
    const { sent } = await watched(60000, { status: 403, body: { detail: 'not yours' }, code: 'ProctoredExamPermissionDenied' });
    expect([sent.length, message()]).toEqual([1, expect.stringContaining('another account')]);
  });

  test('a removed screen is not polled for', async () => {
    instructions();
    server({});
    watchSetUp();
    document.body.innerHTML = '';
    const sent = server({});
    await vi.advanceTimersByTimeAsync(60000);
    expect(sent).toEqual([]);
  });
});

describe('the code of the exam', () => {
  const clipboard = (writeText: (text: string) => Promise<void>) =>
    Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText } });

  test('is copied, and this is shown until the focus moves', async () => {
    const write = vi.fn(async () => undefined);
    clipboard(write);
    instructions();
    find('#copy-exam-code').click();
    await settle();
    expect(write).toHaveBeenCalledWith('CODE');
    expect(find('[data-copy-status]').textContent).toBe('Copied');
    find('#copy-exam-code').dispatchEvent(new Event('blur'));
    expect(find('[data-copy-status]').textContent).toBe('');
  });

  test('is selected if the clipboard is not available', async () => {
    clipboard(() => Promise.reject(new Error('forbidden')));
    instructions();
    find('#copy-exam-code').click();
    await settle();
    expect(find('[data-copy-status]').textContent).toMatch(/keyboard/);
    const field = find<HTMLInputElement>('#proctored-exam-code');
    expect([field.selectionStart, field.selectionEnd]).toEqual([0, 4]);
  });

  test('is selected by a click', () => {
    instructions();
    const field = find<HTMLInputElement>('#proctored-exam-code');
    field.click();
    expect([field.selectionStart, field.selectionEnd]).toEqual([0, 4]);
  });
});
