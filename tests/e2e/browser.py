#!/usr/bin/env python3
"""Opens a page in headless Chromium and tells what a reader would meet.

    browser.py PAGE [--shot DIRECTORY] [--ask EXPRESSION]...

Prints one JSON object:
  "views"     for each width and colour scheme, and as it is printed:
              "overflow" (pixels the page is wider than its window), "faint"
              (texts whose contrast with what is behind them is below WCAG's
              AA), "unnamed" (controls without a name), "headings" (levels, in
              order), "paper" (the colour behind what is printed)
  "errors"    what the console was told, exceptions and broken policies
  "requests"  addresses that were fetched, but for the page itself
  "answers"   of the expressions, evaluated in the page after all else

Talks the DevTools protocol over --remote-debugging-pipe: messages end in NUL,
Chromium reads from file descriptor 3 and writes to 4.
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

WIDTHS = (375, 800, 1600)
SCHEMES = ('light', 'dark')

# Contrast as WCAG 2.1 has it, of every text that is seen, against the nearest
# background that is not transparent.
LOOK = r'''(() => {
  const parse = text => (text.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const part = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    const text = walk.currentNode.textContent.trim();
    if (!text || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(element.tagName)) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
  }
  const name = element => (element.getAttribute('aria-label') ?? element.textContent).trim();
  const seen = [...document.querySelectorAll('a, button, input, summary, [role="img"]')].filter(
      element => element.checkVisibility());
  return {
    overflow: document.documentElement.scrollWidth - innerWidth,
    faint,
    unnamed: seen.filter(element => !name(element)).map(element => element.outerHTML.slice(0, 90)),
    headings: [...document.querySelectorAll('h1, h2, h3')].filter(
        element => element.checkVisibility()).map(element => element.tagName),
  };
})()'''


class Chromium:
    """One browser with one tab; what it tells meanwhile is in `events`."""

    def __init__(self, profile):
        to_it, self._write = os.pipe()
        self._read, from_it = os.pipe()

        def place_pipes():
            # Copies beyond 4 first: one of the pipes may be at 3 or 4.
            ours = [os.dup2(fd, target) for fd, target in ((to_it, 103), (from_it, 104))]
            os.dup2(ours[0], 3)
            os.dup2(ours[1], 4)

        self._process = subprocess.Popen(
            [shutil.which('chromium') or 'chromium', '--headless=new', '--no-sandbox',
             '--disable-gpu', '--no-first-run', '--disable-extensions',
             '--disable-background-networking', '--disable-component-update',
             '--disable-dev-shm-usage', '--hide-scrollbars',
             '--remote-debugging-pipe', f'--user-data-dir={profile}', 'about:blank'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=place_pipes, start_new_session=True)
        os.close(to_it)
        os.close(from_it)
        self._rest = b''
        self._number = 0
        self._session = None
        self.events = []
        tab = self.call('Target.createTarget', url='about:blank')['targetId']
        self._session = self.call('Target.attachToTarget', targetId=tab, flatten=True)['sessionId']

    def _receive(self):
        while b'\0' not in self._rest:
            data = os.read(self._read, 1 << 16)
            if not data:
                raise RuntimeError('chromium has ended')
            self._rest += data
        message, self._rest = self._rest.split(b'\0', 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self._number += 1
        message = {'id': self._number, 'method': method, 'params': parameters}
        if self._session:
            message['sessionId'] = self._session
        os.write(self._write, json.dumps(message).encode() + b'\0')
        while True:
            answer = self._receive()
            if answer.get('id') != self._number:
                self.events.append(answer)
            elif 'error' in answer:
                raise RuntimeError(f'{method}: {answer["error"]}')
            else:
                return answer['result']

    def wait_for(self, method):
        while not any(event.get('method') == method for event in self.events):
            self.events.append(self._receive())

    def evaluate(self, expression):
        result = self.call('Runtime.evaluate', expression=expression, returnByValue=True,
                           awaitPromise=True)
        if 'exceptionDetails' in result:
            raise RuntimeError(f'{expression[:60]}: {result["exceptionDetails"]}')
        return result['result'].get('value')

    def close(self):
        os.close(self._write)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait()


def show(browser, width, scheme, media='screen'):
    browser.call('Emulation.setDeviceMetricsOverride', width=width,
                 height=800 if width > 500 else 667, deviceScaleFactor=1, mobile=width < 500)
    browser.call('Emulation.setEmulatedMedia', media=media,
                 features=[{'name': 'prefers-color-scheme', 'value': scheme}])
    # Two frames: observers of the size have drawn what depends on it.
    browser.evaluate('new Promise(done => requestAnimationFrame('
                     '() => requestAnimationFrame(() => done(true))))')


def shoot(browser, file):
    shot = browser.call('Page.captureScreenshot', captureBeyondViewport=True, clip={
        'x': 0, 'y': 0, 'scale': 1,
        'width': browser.evaluate('innerWidth'),
        'height': min(browser.evaluate('document.documentElement.scrollHeight'), 6000)})
    file.write_bytes(base64.b64decode(shot['data']))


def collect(events, page):
    errors, requests = [], []
    for event in events:
        what = event.get('params', {})
        if event.get('method') == 'Runtime.exceptionThrown':
            details = what['exceptionDetails']
            errors.append(details.get('exception', {}).get('description', details['text']))
        elif event.get('method') == 'Runtime.consoleAPICalled':
            errors.append(f'console: {what["args"]}')
        elif event.get('method') == 'Log.entryAdded':
            errors.append(what['entry']['text'])
        elif event.get('method') == 'Network.requestWillBeSent':
            if what['request']['url'] != page:
                requests.append(what['request']['url'])
    return errors, requests


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('page', type=pathlib.Path)
    parser.add_argument('--shot', type=pathlib.Path)
    parser.add_argument('--ask', action='append', default=[])
    wanted = parser.parse_args()
    address = wanted.page.resolve().as_uri()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Chromium(profile)
        try:
            for domain in ('Page', 'Runtime', 'Log', 'Network'):
                browser.call(f'{domain}.enable')
            browser.call('Page.navigate', url=address)
            browser.wait_for('Page.loadEventFired')
            views = {}
            for width in WIDTHS:
                for scheme in SCHEMES:
                    show(browser, width, scheme)
                    views[f'{width} {scheme}'] = browser.evaluate(LOOK)
                    if wanted.shot:
                        wanted.shot.mkdir(parents=True, exist_ok=True)
                        shoot(browser, wanted.shot / f'{wanted.page.stem}-{width}-{scheme}.png')
            show(browser, 800, 'dark', 'print')
            views['printed'] = browser.evaluate(LOOK)
            views['printed']['paper'] = browser.evaluate(
                'getComputedStyle(document.body).backgroundColor')
            show(browser, WIDTHS[0], SCHEMES[0])
            answers = [browser.evaluate(expression) for expression in wanted.ask]
            errors, requests = collect(browser.events, address)
        finally:
            browser.close()
    json.dump({'views': views, 'errors': errors, 'requests': requests, 'answers': answers},
              sys.stdout, indent=1)
    print()


if __name__ == '__main__':
    main()
