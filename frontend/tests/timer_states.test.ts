import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { namespace } from '../src/proctored_exam';
import { tell } from '../src/window_messages';
import { type TimerBar, showTimer } from '../src/timer';
import { endTyped, showWhatWasLeft } from '../src/unsaved_answers';
import { type Answer, RUNNING as DATA, modalDialogs, pageWithTimer, server, watchNavigation } from './helpers';


let root: HTMLElement;
let found: TimerBar | null;

beforeEach(() => {
  root = pageWithTimer();
  Object.assign(namespace(), { configuredWorkerURL: '', attemptExternalId: '' });
  found = null;
});
afterEach(() => {
  found?.stop();
  window.onbeforeunload = null;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const shown = () => root.querySelector('#time_remaining_id b')?.textContent;
const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60000);
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);
const left = (time: number, more: object = {}): Answer =>
  ({ body: { status: 'started', time_remaining_seconds: time, accessibility_time_string: `${time} s`, ...more } });

async function bar(change: object = {}, ...answers: Answer[]) {
  const navigation = watchNavigation();
  const sent = server({ body: { ...DATA, ...change } }, ...answers);
  found = await showTimer(root);
  return { sent, navigation, polls: () => sent.filter((one) => one.url.includes('in_exam')).length };
}

const OTHER = { exam_display_name: 'Quiz', exam_url_path: '/quiz', time_remaining_seconds: 760, is_paused: false };

test('the last minute is announced once, and again after added time', async () => {
  await bar({ time_remaining_seconds: 70 }, left(60), left(54), left(200, { adjustments: [{ id: 1, seconds: 160 }] }));
  const said = () => root.querySelector('.timer-announce')!.textContent;
  await seconds(11);
  expect(said()).toContain('1 minute left. Submit your last answers now.');
  await seconds(3);
  window.dispatchEvent(new Event('online'));
  await seconds(3);
  expect(said()).not.toBe('');
});

test('the time of another exam that is paused stands still', async () => {
  await bar({ other_exams: [{ ...OTHER, is_paused: true }] }, left(500));
  await minutes(2);
  expect(root.querySelector('.timer-other p')!.textContent).toMatch(/13 minutes left/);
});

describe('no exam goes on that has ended', () => {
  class Channel {
    static open: Channel[] = [];
    onmessage?: (event: { data: unknown }) => void;
    constructor(readonly name: string) {
      Channel.open.push(this);
    }
    postMessage(data: object) {
      for (const other of Channel.open) if (other !== this && other.name === this.name) other.onmessage?.({ data: { ...data, from: 'elsewhere' } });
    }
    close() {
      Channel.open = Channel.open.filter((one) => one !== this);
    }
  }

  beforeEach(() => {
    Channel.open = [];
    sessionStorage.clear();
    vi.stubGlobal('BroadcastChannel', Channel);
  });

  test('another window that submits it ends it at once, and the next page says so with the text that was left', async () => {
    document.body.insertAdjacentHTML('beforeend', '<main><form><label>Why? <textarea></textarea></label><button class="submit"></button></form></main>');
    const { navigation, polls } = await bar({}, left(500));
    const area = document.querySelector('textarea')!;
    area.value = 'Because';
    area.dispatchEvent(new Event('input', { bubbles: true }));
    expect(root.querySelector('.px-bar__saved')!.textContent).toBe('1 answer not submitted');
    tell(7, 'ended');
    await minutes(3);
    expect([navigation.reloads, polls()]).toEqual([1, 0]);
    document.body.innerHTML = '<main></main>';
    showWhatWasLeft();
    const note = document.querySelector('.proctoring-left')!;
    expect(note.textContent).toContain('You submitted this exam in another window.');
    expect([note.querySelector('label')!.textContent, note.querySelector('textarea')!.value]).toEqual(['Why?', 'Because']);
    note.querySelector<HTMLButtonElement>('.px-field button')!.click();
    await minutes(0);
    expect(note.querySelector('[role=status]')!.textContent).toBe('The text is selected: copy it with your keyboard.');
    note.querySelector<HTMLButtonElement>(':scope > div > button')!.click();
    expect([document.querySelector('.proctoring-left'), sessionStorage.length]).toEqual([null, 0]);
  });

  test('what was typed before a reload is put back into its field, also where that comes late', async () => {
    const form = '<main><form><label>Why? <textarea name="why"></textarea></label><input id="#x" value="kept"><input type="password" name="pin"></form></main>';
    const typeInto = (selector: string, text: string) => {
      const field = document.querySelector<HTMLInputElement>(selector)!;
      field.value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    };
    document.body.insertAdjacentHTML('beforeend', form);
    await bar({}, left(500));
    const leaving = () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    expect(leaving()).toBe(false);
    typeInto('textarea', 'Because');
    typeInto('[type=password]', '1234');
    expect(leaving()).toBe(true);
    document.querySelector('form')!.dispatchEvent(new Event('submit'));
    expect(leaving()).toBe(false); // the host's form is on its way
    typeInto('textarea', 'Because');
    window.dispatchEvent(new Event('pagehide'));
    found!.stop();
    document.body.innerHTML = '<div class="proctored_exam_status"></div>';
    root = document.querySelector('.proctored_exam_status')!;
    await bar({}, left(400));
    document.body.insertAdjacentHTML('beforeend', form);
    await seconds(2);
    const [area, pin] = [document.querySelector('textarea')!, document.querySelector<HTMLInputElement>('[type=password]')!];
    expect([area.value, pin.value]).toEqual(['Because', '']);
    expect(root.querySelector('.px-bar__saved')!.textContent).toBe('1 answer not submitted');
    window.dispatchEvent(new Event('pagehide'));
    found!.stop();
    root.insertAdjacentHTML('beforeend', '<div class="sequence" data-screen="timed-submitted" data-attempt-id="7"></div>');
    endTyped(); // meanwhile the exam ended
    showWhatWasLeft();
    expect(document.querySelector<HTMLTextAreaElement>('.proctoring-left textarea')!.value).toBe('Because');
  });

  test('boxes, buttons and lists are as they were chosen before a reload; in words at the end', async () => {
    const form = `<main><form><fieldset><legend>Rivers?</legend>
      <label><input type="checkbox" name="rivers[]" value="a"> Nile</label>
      <label><input type="checkbox" name="rivers[]" value="b" checked> Alps</label></fieldset>
      <fieldset><legend>Longest?</legend><label><input type="radio" name="longest" value="a" checked> Rhine</label>
      <label><input type="radio" name="longest" value="b"> Amazon</label></fieldset>
      <label>Where? <select name="where" multiple><option value="1">Africa</option><option value="2" selected>Asia</option></select></label>
      <label>When? <select name="when"><option value="">Choose</option><option value="3">Today</option></select></label></form></main>`;
    const all = () => Array.from(document.querySelectorAll<HTMLInputElement & HTMLOptionElement>('input, option'));
    const state = () => all().map((one) => one.checked ?? one.selected);
    document.body.insertAdjacentHTML('beforeend', form);
    await bar({}, left(500));
    const [nile, alps, , amazon] = all();
    for (const one of [nile, alps, amazon]) one.click();
    for (const one of document.querySelectorAll('select')) {
      one.options[0].selected = one.multiple;
      one.options[1].selected = !one.multiple;
      one.dispatchEvent(new Event('change', { bubbles: true }));
    }
    const chosen = [true, false, false, true, true, false, false, true];
    expect(state()).toEqual(chosen);
    window.dispatchEvent(new Event('pagehide'));
    found!.stop();
    document.body.innerHTML = `<div class="proctored_exam_status"></div>${form}`;
    root = document.querySelector('.proctored_exam_status')!;
    await bar({}, left(400));
    expect(state()).toEqual(chosen);
    expect(root.querySelector('.px-bar__saved')!.textContent).toBe('5 answers not submitted');
    tell(7, 'ended');
    document.body.innerHTML = '<main></main>';
    showWhatWasLeft();
    const fields = document.querySelectorAll('.proctoring-left .px-field');
    const words = Array.from(fields, (one) => [one.querySelector('label')!.textContent, one.querySelector('textarea')!.value]);
    expect(words.sort()).toEqual([['Longest?', 'Amazon'], ['Rivers?', 'Nile'], ['When?', 'Today'], ['Where?', 'Africa']]);
  });

  test('a text of the server is not overwritten by one typed before, nor by that of another exam', async () => {
    const form = (text: string) => `<main><form><textarea name="why">${text}</textarea></form></main>`;
    const old = { label: 'Why?', text: 'Old', path: location.pathname, key: 'why' };
    sessionStorage.setItem('proctoring-typed-7', JSON.stringify({ at: Date.now(), texts: [old] }));
    document.body.insertAdjacentHTML('beforeend', form('New'));
    await bar({}, left(500));
    expect(document.querySelector('textarea')!.value).toBe('New');
    found!.stop();
    document.querySelector('textarea')!.value = '';
    await bar({ attempt_id: 8 }, left(500));
    expect(document.querySelector('textarea')!.value).toBe('');
  });

  test('other messages cause an immediate poll', async () => {
    const { polls } = await bar({}, left(900));
    tell(7, 'changed');
    tell(8, 'ended');
    await seconds(0);
    expect([polls(), shown()]).toEqual([1, '0:15:00']);
  });

  test('an expired session keeps the page and asks to log in', async () => {
    const { navigation } = await bar({}, { status: 401 }, left(400));
    await minutes(1);
    expect(navigation.reloads).toBe(0);
    expect(root.querySelector('.timer-session')!.textContent).toMatch(/Sign in again/);
    await minutes(1);
    expect(root.querySelector('.timer-session')).toBe(null);
  });
});

describe('before the end', () => {
  const asked = () => {
    const details: { reason: string }[] = [];
    const hear = (event: Event) => details.push((event as CustomEvent).detail);
    document.addEventListener('proctoring:before-end', hear);
    return { reasons: () => details.map(({ reason }) => reason), off: () => document.removeEventListener('proctoring:before-end', hear) };
  };

  test('a script of the host may keep the learner from ending it', async () => {
    const { sent } = await bar({}, left(500));
    const cancel = (event: Event) => event.preventDefault();
    document.addEventListener('proctoring:before-end', cancel);
    root.querySelector<HTMLElement>('.exam-button-turn-in-exam')!.click();
    await seconds(1);
    document.removeEventListener('proctoring:before-end', cancel);
    expect(sent.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  test('hosts hear of the end of the time ten seconds before, once, and the page says so visibly', async () => {
    const heard = asked();
    await bar({ time_remaining_seconds: 12 }, 'down');
    await seconds(13);
    heard.off();
    expect(heard.reasons()).toEqual(['time']);
    expect(root.querySelector('.timer-over')!.textContent).toMatch(/^Your time is over/);
    expect(root.querySelector('.px-bar__flag')!.textContent).toBe('Your time is over');
  });

  test.each([[false, 0], [true, 1]])('what is not submitted is asked about; agreed: %s', async (agreed, puts) => {
    modalDialogs();
    document.body.insertAdjacentHTML('beforeend', '<main><input></main>');
    const { sent } = await bar({}, left(500));
    document.querySelector('input')!.dispatchEvent(new Event('input', { bubbles: true }));
    root.querySelector<HTMLElement>('.exam-button-turn-in-exam')!.click();
    await seconds(0);
    const dialog = document.querySelector('dialog')!;
    expect(document.activeElement!.textContent).toBe('Go back to my exam');
    dialog.querySelector<HTMLElement>(agreed ? '.ok-button' : '.cancel-button')!.click();
    await seconds(0);
    expect(sent.filter(({ method }) => method === 'PUT').length).toBe(puts);
  });
});

describe('what the bar says', () => {
  test('five minutes left are shown', async () => {
    await bar({ time_remaining_seconds: 301, low_threshold_sec: 0, critically_low_threshold_sec: 0 }, 'down');
    expect(root.querySelector<HTMLElement>('.px-bar__flag')!.hidden).toBe(true);
    await seconds(2);
    expect(root.querySelector('.px-bar__flag')!.textContent).toBe('5 minutes left');
  });

  test('no connection at once, and its return', async () => {
    await bar({}, left(500));
    window.dispatchEvent(new Event('offline'));
    const connection = root.querySelector('.timer-connection')!;
    const said = root.querySelector('.timer-announce')!;
    const since = new Date().toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
    expect(connection.textContent).toContain(`No connection since ${since}.`);
    expect(said.textContent).toContain(`No connection since ${since}.`);
    const sayings: string[] = [];
    new MutationObserver(() => sayings.push(said.textContent!)).observe(said, { childList: true, characterData: true, subtree: true });
    for (const left of [4, 3, 2]) {
      await seconds(1);
      expect(connection.querySelector('.px-bar__aside')!.textContent).toBe(`Next try in ${left} seconds.`);
    }
    expect([sayings, connection.closest('[role=status], [aria-live]')]).toEqual([[], null]); // the seconds are not read out
    await seconds(2);
    expect([root.querySelector('.timer-connection'), said.textContent]).toEqual([null, 'You are connected again.']);
    const back = root.querySelector('.timer-back')!;
    back.querySelector('button')!.click();
    expect([back.textContent, root.querySelector('.timer-back')]).toEqual(['You are connected again.All right', null]);
  });

  test('an end of the session is an answer: there is a connection', async () => {
    await bar({}, { status: 403 });
    window.dispatchEvent(new Event('offline'));
    expect(root.querySelector('.timer-connection')).not.toBeNull();
    await seconds(20);
    expect(root.querySelector('.timer-session')!.textContent).toMatch(/^You have been signed out/);
    expect(root.querySelector('.timer-connection')).toBeNull();
  });

  test('what is not submitted when the connection is back is counted, and a button leads there', async () => {
    document.body.insertAdjacentHTML('beforeend', '<main><form><textarea></textarea></form></main>');
    await bar({}, 'down', left(500));
    const area = document.querySelector('textarea')!;
    area.dispatchEvent(new Event('input', { bubbles: true }));
    window.dispatchEvent(new Event('offline'));
    await seconds(20);
    const back = root.querySelector('.timer-back')!;
    expect(back.querySelector('p')!.textContent).toBe('You are connected again. 1 answer is not submitted yet.');
    back.querySelector('button')!.click();
    expect([document.activeElement, root.querySelector('.timer-back')]).toEqual([area, null]);
  });

  test.each([
    ['timer-connection', () => window.dispatchEvent(new Event('offline')), {}, 'offline'],
    ['timer-other', () => undefined, { other_exams: [OTHER] }, 'clock'],
    ['px-bar__saved', () => undefined, {}, 'check'],
    ['px-bar__flag', () => undefined, { time_remaining_seconds: 290 }, 'hourglass'],
    ['px-bar__flag', () => undefined, { time_remaining_seconds: 50 }, 'warning'],
    ['px-bar__flag', () => undefined, { paused: { kind: 'pause' } }, 'pause'],
    ['px-bar__flag', () => undefined, { paused: { kind: 'break' } }, 'cup'],
  ])('%s has a shape of its own, which is not read out', async (place, happens, change, shape) => {
    await bar(change, left(500));
    happens();
    const drawing = root.querySelector(`.${place} svg`)!;
    expect([drawing.getAttribute('data-icon'), drawing.getAttribute('aria-hidden')]).toEqual([shape, 'true']);
  });

  test('a hidden clock stays hidden on the next page of this attempt, and its last minutes show themselves', async () => {
    const pageOf = async (change: object) => {
      found?.stop();
      document.body.innerHTML = '<div class="proctored_exam_status"></div>';
      root = document.querySelector('.proctored_exam_status')!;
      await bar(change, left(500));
      return root.querySelector<HTMLElement>('#time_remaining_id')!.hidden;
    };
    expect(await pageOf({})).toBe(false);
    root.querySelector<HTMLElement>('#toggle_timer')!.click();
    expect(await pageOf({ time_remaining_seconds: 290 })).toBe(true);
    expect(root.querySelector('.px-bar__flag:not([hidden])')!.textContent).toBe('5 minutes left');
    expect(await pageOf({ attempt_id: 8 })).toBe(false);
    sessionStorage.clear();
  });

  test('two exams are named with their time, and the button says which one it ends', async () => {
    await bar({ other_exams: [OTHER] }, left(500));
    const note = () => root.querySelector('.timer-other p')!.textContent;
    expect(root.querySelector('.timer-other b')!.textContent).toBe('Another exam of yours is running, too.');
    expect(note()).toMatch(/Quiz\u2069: 13 minutes left\. The clock above is for \u2068Final/);
    await minutes(2);
    expect(note()).toMatch(/11 minutes left/);
    expect(root.querySelector('.timer-announce')!.textContent).not.toMatch(/11 minutes/); // read out once
    expect(root.querySelector('.exam-button-turn-in-exam')!.textContent).toBe('End \u2068Final\u2069…');
  });

  const LIVE = { live_url: '/live/mine/42/', poll_seconds: 30 };
  const note = () => root.querySelector('.timer-announcement');

  test('a message of the invigilator is read out, stays until it is read, and the server is told', async () => {
    const heard: unknown[] = [];
    document.addEventListener('proctoring:announcement-read', (event) => heard.push((event as CustomEvent).detail.id), { once: true });
    const announcements = [{ id: 3, text: 'Question 4: four times.', at: '2026-03-01T13:48:00Z' }];
    const { sent, polls } = await bar(LIVE, left(500, { ...LIVE, announcements }));
    await seconds(31);
    expect(polls()).toBe(1); // as often as the board asks
    expect(note()!.querySelector('p')!.textContent).toBe('From the invigilator, 10:48 PMQuestion 4: four times.');
    expect(root.querySelector('.timer-announce')!.textContent).toBe('From the invigilator, 10:48 PM: Question 4: four times.');
    note()!.querySelector('button')!.click();
    await seconds(0);
    const told = () => sent.filter(({ url }) => url === '/live/mine/42/announcements/3/seen/').length;
    expect([note(), heard, told()]).toEqual([null, [3], 1]);
    await seconds(31);
    expect(told()).toBe(2); // the server still lists it: the request was lost
    expect(note()).toBe(null);
  });

  test('a message that was taken back is gone', async () => {
    await bar({ ...LIVE, announcements: [{ id: 3, text: 'Wrong.' }] }, left(500, { ...LIVE, announcements: [] }));
    expect(note()).not.toBe(null);
    await seconds(31);
    expect(note()).toBe(null);
  });

  test('a question to the invigilator', async () => {
    const open = { id: 8, text: 'May I use the formula sheet?', asked_at: '2026-03-01T13:48:00Z' };
    const { sent } = await bar({ ...LIVE, questions: { enabled: true, open: null } }, { status: 201, body: open }, left(500, { ...LIVE, questions: { enabled: true, open } }));
    const press = (text: string) => Array.from(root.querySelectorAll('button')).find((one) => one.textContent === text)!.click();
    press('Ask the invigilator');
    const field = root.querySelector('textarea')!;
    expect([document.activeElement, field.maxLength]).toEqual([field, 200]);
    field.value = open.text;
    press('Send');
    await seconds(1);
    expect(sent[1]).toMatchObject({ method: 'POST', url: '/live/mine/42/questions/' });
    expect(root.querySelector('.px-bar__hand p')!.textContent).toBe('You have asked: “\u2068May I use the formula sheet?\u2069”. The answer appears here.');
    await seconds(31);
    press('Take the question back');
    await seconds(1);
    expect(sent.find(({ method }) => method === 'DELETE')!.url).toBe('/live/mine/42/questions/8/');
    expect(root.querySelector('.px-bar__hand')).toBe(null);
  });

  test('there is no question button if nobody can answer', async () => {
    await bar({}, left(500));
    expect(root.textContent).not.toContain('Ask the invigilator');
  });
});
