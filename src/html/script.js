'use strict';
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // A link to a report opens it, in browsers too that do not do so by themselves.
  const open = () => {
    const body = document.getElementById(location.hash.slice(1));
    const report = body && body.closest('details.report');
    if (!report) return;
    report.open = true;
    report.hidden = false;
    report.scrollIntoView();
    report.querySelector('summary').focus({ preventScroll: true });
  };
  addEventListener('hashchange', open);
  open();

  // Where a timeline is wider than the window, its newest end is seen first.
  for (const frame of all('.lanes')) frame.scrollLeft = frame.scrollWidth;

  // One stop of the Tab key a lane; arrows go from mark to mark.
  const lanes = all('.lane svg').map((lane) => all('a.mark', lane)).filter((marks) => marks.length);
  for (const marks of lanes) marks.forEach((mark, nth) => mark.setAttribute('tabindex', nth ? -1 : 0));
  addEventListener('keydown', (event) => {
    const row = lanes.findIndex((marks) => marks.includes(document.activeElement));
    if (row < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const marks = lanes[row];
    const nth = marks.indexOf(document.activeElement);
    const next = {
      ArrowLeft: () => marks[nth - 1],
      ArrowRight: () => marks[nth + 1],
      Home: () => marks[0],
      End: () => marks[marks.length - 1],
      ArrowUp: () => lanes[row - 1] && lanes[row - 1][0],
      ArrowDown: () => lanes[row + 1] && lanes[row + 1][0],
    }[event.key];
    if (!next) return;
    event.preventDefault();
    const mark = next();
    if (!mark) return;
    for (const other of lanes[lanes.findIndex((lane) => lane.includes(mark))]) other.setAttribute('tabindex', -1);
    mark.setAttribute('tabindex', 0);
    mark.focus();
  });

  // Only reports that hold what is typed.
  const search = document.getElementById('search');
  if (search) {
    const [wanted, found] = [document.getElementById('wanted'), document.getElementById('found')];
    const reports = all('details.report');
    let texts;
    search.hidden = false;
    wanted.addEventListener('input', () => {
      texts = texts || reports.map((report) => report.textContent.toLowerCase());
      const text = wanted.value.toLowerCase();
      reports.forEach((report, nth) => { report.hidden = !texts[nth].includes(text); });
      const left = reports.filter((report) => !report.hidden).length;
      found.textContent = text ? `${left} of ${reports.length}` : '';
    });
  }

  // Times are in UTC until somebody wants their own.
  const zone = document.getElementById('zone');
  const times = all('time').map((time) => [time, time.textContent]);
  let own = false;
  zone.hidden = false;
  zone.addEventListener('click', () => {
    own = !own;
    for (const [time, utc] of times) time.textContent = own ? new Date(time.dateTime).toLocaleString() : utc;
    zone.textContent = own ? 'Show times in UTC' : 'Show times in my time zone';
  });
})();
