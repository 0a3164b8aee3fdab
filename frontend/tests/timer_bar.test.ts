import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Bar, type Data, clock } from '../src/timer_bar';

const DATA = { exam_display_name: '<b>Final</b>', exam_type: 'a timed exam', exam_url_path: '/exam', attempt_status: 'started' } as Data;
const HOST = `<div class="exam-timer"><span class="js-exam-text"><%= exam_display_name %><span class="js-exam-additional-text">long</span>
  <a class="js-toggle-show-more" data-show-more-text="more" data-show-less-text="less"></a></span>
  <span id="time_remaining_id"><b></b><button id="toggle_timer"><i class="fa fa-eye-slash"></i></button></span>
  <button class="exam-button-turn-in-exam">end</button><div class="timer-announce"></div></div>`;

let root: HTMLElement;
let bar: Bar | undefined;

beforeEach(() => {
  vi.unstubAllGlobals();
  document.body.innerHTML = '<div id="root"></div><div class="course-tabs"></div>';
  root = document.querySelector('#root')!;
});

afterEach(() => bar?.stop());

const build = (data = DATA, onEnd: () => void = () => undefined) => (bar = new Bar(root, data, onEnd));
const one = <T extends HTMLElement = HTMLElement>(selector: string) => root.querySelector<T>(selector)!;

/** A host with a template, and with Underscore to render it. */
function host(text = HOST, render = (template: string, data: any) => template.replace('<%= exam_display_name %>', data.exam_type)) {
  document.body.insertAdjacentHTML('beforeend', '<script type="text/template" id="proctored-exam-status-tpl"></script>');
  document.querySelector('script')!.textContent = text;
  vi.stubGlobal('_', { template: (template: string) => (data: object) => render(template, data) });
}

test.each([
  [0, '0:00:00'], [-5, '0:00:00'], [59.9, '0:00:59'], [3661, '1:01:01'], [36000, '10:00:00'],
])('%d seconds are %s', (seconds, text) => expect(clock(seconds)).toBe(text));

describe('our own mark-up', () => {
  test('names the exam as text, links to it and has the hooks', () => {
    build();
    expect(one('.js-exam-text').textContent).toBe('<b>Final</b> a timed exam');
    expect(one<HTMLAnchorElement>('.js-exam-text a').pathname).toBe('/exam');
    expect(one('h3#time_remaining_id b').getAttribute('role')).toBe('timer');
    expect(one('.timer-announce').getAttribute('aria-live')).toBe('polite');
  });

  test('has no end button while the exam waits to be submitted', () => {
    build({ ...DATA, attempt_status: 'ready_to_submit' });
    expect(one('.exam-button-turn-in-exam')).toBe(null);
  });

  test('the time can be hidden and shown', () => {
    build();
    const button = one('#toggle_timer');
    const state = () => [button.textContent, button.getAttribute('aria-pressed'), one('#time_remaining_id').hidden,
      one('#time_remaining_id').classList.contains('timer-hidden')];
    expect(state()).toEqual(['Hide the clock', 'false', false, false]);
    button.click();
    expect(state()).toEqual(['Hide the clock', 'true', true, true]); // aria-pressed says the state
    button.click();
    expect(state()).toEqual(['Hide the clock', 'false', false, false]);
  });
});

describe("the host's template", () => {
  test('is used and updated', () => {
    host();
    const end = vi.fn();
    const bar = build(DATA, end);
    expect(one('.js-exam-text').textContent).toContain('a timed exam');
    bar.show(61, 'critical');
    bar.say('one minute');
    expect(one('b').textContent).toBe('0:01:01');
    expect(one('.exam-timer').className).toBe('exam-timer low-time critical');
    expect(one('.px-bar__flag').textContent).toBe('2 minutes left');
    expect(one('.timer-announce').textContent).toBe('one minute');
    one('.exam-button-turn-in-exam').click();
    expect(end).toHaveBeenCalledWith(one('.exam-button-turn-in-exam'));
  });

  test('its button stays in sight when the time is hidden, with the other icon and label', () => {
    host();
    build();
    const button = one('#toggle_timer');
    button.click();
    expect([one('b').hidden, button.closest('[hidden]')]).toEqual([true, null]);
    expect([button.getAttribute('aria-label'), button.getAttribute('aria-pressed')]).toEqual(['Hide the clock', 'true']);
    expect(one('i').className).toBe('fa fa-eye');
  });

  test.each([
    [500, true, 'more', 'less'],
    [1200, false, 'less', 'more'],
  ])('in %d pixels its long text is collapsed: %s', (width, hidden, label, other) => {
    vi.stubGlobal('innerWidth', width);
    host();
    build();
    const more = one('.js-toggle-show-more');
    expect([one('.js-exam-additional-text').hidden, more.textContent]).toEqual([hidden, label]);
    more.click();
    expect([one('.js-exam-additional-text').hidden, more.textContent]).toEqual([!hidden, other]);
    expect(more.getAttribute('aria-expanded')).toBe(String(hidden));
  });

  test.each([
    ['a policy forbids to compile it', HOST, () => { throw new EvalError('unsafe-eval'); }],
    ['it lacks the time', '<p>nothing</p>', (template: string) => template],
    ['it is empty', ' ', (template: string) => template],
  ])('our own mark-up where %s', (_name, text, render) => {
    host(text, render);
    build();
    expect(one('h3#time_remaining_id b')).not.toBe(null);
  });
});

test.each([[300.9, '0:05:00', '5 minutes left'], [60.9, '0:01:00', '1 minute left'], [59.9, '0:00:59', '59 seconds left'], [0.5, '0:00:00', '1 second left']])(
  'the clock and its flag agree %d seconds before the end', (seconds, clock, flag) => {
    build().show(seconds, 'critical');
    expect([one('#time_remaining_id b').textContent, one('.px-bar__flag').textContent]).toEqual([clock, flag]);
  },
);

test.each(['before', 'after'])('without a connection, nobody is told to go on when the time is over; lost %s the end', (order) => {
  const { notes } = build();
  if (order === 'before') notes.disconnected();
  notes.over(true);
  if (order === 'after') notes.disconnected();
  expect(one('.timer-connection').textContent).toMatch(/^No connection since [^.]*\.$/);
  expect(one('.timer-over').textContent).toContain('Your time is over. What you have submitted counts; this page continues when the connection is back.');
  expect(one('.timer-over svg').dataset.icon).toBe('hourglass');
  notes.nextTry(3);
  expect(one('.timer-connection').textContent).toContain('Next try in 3 seconds.');
  notes.over(false); // time was added
  expect(one('.timer-connection').textContent).toContain('Go on working on this page');
  expect(one('.timer-over')).toBeNull();
});

test('the note on the end of the time follows the connection, replaces the note on added time, and stays closed', () => {
  const { notes } = build();
  notes.change('Time added to your exam: 1 minute.', 'You now have until 15:30.');
  notes.disconnected();
  notes.over(true);
  expect(one('.timer-change')).toBeNull();
  notes.connected(0, () => undefined);
  expect(one('.timer-over').textContent).toContain('this page continues in a moment.');
  one('.timer-over button').click();
  notes.disconnected();
  expect(one('.timer-over')).toBeNull();
});

test.each([[true, 'plus'], [false, 'minus']])('a change of the time has the icon of its direction; added: %s', (isAdded, icon) => {
  build().notes.change('The time has changed.', '', isAdded);
  expect(one('.timer-change svg').dataset.icon).toBe(icon);
});

test('a message keeps the direction of its own language', () => {
  build().notes.announcement({ id: 1, text: 'Ten minutes left.' });
  const text = one('.timer-announcement p');
  expect(text.querySelector('b')!.textContent).toBe('From the invigilator');
  expect(text.querySelector('bdi')!.textContent).toBe('Ten minutes left.');
});

test('a page in a language without our texts mixes no languages', () => {
  document.documentElement.lang = 'he';
  build().show(300, 'warning');
  expect(one('.px-bar__flag').textContent).toBe('5 minutes left');
  expect(one('.px-bar__flag bdi')).not.toBeNull(); // a number that begins it would stand at its end
  document.documentElement.removeAttribute('lang');
});

test('a note or flag at the top of a page that can be scrolled moves nothing below the bar', () => {
  const bar = build();
  root.style.position = 'sticky';
  Object.defineProperty(root, 'offsetHeight', { get: () => 60 + 40 * root.querySelectorAll('.px-bar__note, .px-bar__flag:not([hidden])').length });
  const scrolled = vi.fn();
  vi.stubGlobal('scrollBy', scrolled);
  bar.notes.change('Time added to your exam: 10 minutes.');
  bar.notes.change('Time added to your exam: 5 minutes.');
  expect(scrolled.mock.calls).toEqual([[{ top: 40, behavior: 'instant' }]]);
  for (const seconds of [300, 299]) bar.show(seconds, 'warning');
  expect(scrolled).toHaveBeenCalledTimes(2);
});

test('is fixed when scrolled out of view, without moving the content', () => {
  const bar = build();
  Object.defineProperty(one('.exam-timer'), 'offsetHeight', { value: 40 });
  const below = document.querySelector<HTMLElement>('.course-tabs')!;
  const scroll = (to: number) => {
    vi.stubGlobal('scrollY', to);
    window.dispatchEvent(new Event('scroll'));
    return [one('.exam-timer').classList.contains('is-fixed'), below.style.marginTop];
  };
  expect(scroll(100)).toEqual([true, '40px']);
  expect(scroll(0)).toEqual([false, '']);
  bar.stop();
  expect(scroll(100)).toEqual([false, '']);
});
