// Drawings of the timer bar, in the colour of the text: shapes that say the same as the words beside them.

const SVG = 'http://www.w3.org/2000/svg';

const SHAPES = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5l3 2',
  cup: 'M5 9h11v6a4 4 0 0 1-4 4H9a4 4 0 0 1-4-4zM16 10h2a2.5 2.5 0 0 1 0 5h-2M8 3v3M12 3v3',
  edit: 'M4 20h4L19 9l-4-4L4 16z',
  eye: 'M2 12s3.5-7 10-7 10 7 10 7-3.5 7-10 7S2 12 2 12zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z',
  hand: 'M8 12V6a1.5 1.5 0 0 1 3 0v5V4.5a1.5 1.5 0 0 1 3 0V11V6a1.5 1.5 0 0 1 3 0v3.5a1.5 1.5 0 0 1 3 0V15a6.5 6.5 0 0 1-6.5 6.5c-3 0-4.5-1-6-3.5l-3-4.5a1.5 1.5 0 0 1 2.5-1.5L8 14z',
  hourglass: 'M6 3h12M6 21h12M7 3v3c0 3 5 4 5 6s-5 3-5 6v3M17 3v3c0 3-5 4-5 6s5 3 5 6v3',
  minus: 'M5 12h14',
  offline: 'M3 3l18 18M5 12.5a10 10 0 0 1 4-2.4M2 9a15 15 0 0 1 5-3M13 5.6a15 15 0 0 1 9 3.4M15.5 11a10 10 0 0 1 3.5 1.8M8.5 16.2a5 5 0 0 1 7 0M12 20v.1',
  pause: 'M9 5v14M15 5v14',
  person: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21c.8-4 3.8-6 8-6s7.2 2 8 6',
  plus: 'M12 5v14M5 12h14',
  speaker: 'M4 10v4h3l9 4V6l-9 4zM19 9.5a4 4 0 0 1 0 5M7 14v5h3v-4',
  window: 'M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5',
  warning: 'M12 4l9 16H3zM12 10v4M12 17v.1',
};

export type IconName = keyof typeof SHAPES;

/** Icons with a direction are mirrored in right-to-left languages. */
const DIRECTED: IconName[] = ['speaker'];

export function icon(name: IconName): SVGSVGElement {
  const drawing = document.createElementNS(SVG, 'svg');
  const values: Record<string, string> = {
    class: DIRECTED.includes(name) ? 'px-icon px-icon--flip' : 'px-icon',
    viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false', 'data-icon': name,
  };
  for (const key of Object.keys(values)) drawing.setAttribute(key, values[key]);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', SHAPES[name]);
  drawing.append(path);
  return drawing;
}
