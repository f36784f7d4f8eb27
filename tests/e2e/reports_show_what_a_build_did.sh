#!/usr/bin/env bash
# --report writes a page that a browser shows as it should: of a build that
# succeeded, failed or was stopped, with any text in it, at any width.
. "$(dirname "$0")/lib.sh"
base
# Opens a page; $seen is what browser.py says of it.
look() {
  seen=$(python3 "$checkout/tests/e2e/browser.py" "$@") || fail "no browser"
  expect '[]' "$(jq -c .errors <<< "$seen")"
  expect '[]' "$(jq -c .requests <<< "$seen")"
  expect '[[0,[],[],"H1"]]' "$(jq -c '[.views[] | [.overflow, .faint, .unnamed,
    .headings[0]]] | unique' <<< "$seen")"
  expect 'rgb(255, 255, 255)' "$(jq -r .views.printed.paper <<< "$seen")"
}
answer() { jq -r ".answers[$1]" <<< "$seen"; }
# Of the data in a page.
data() {
  sed -n 's/^<script type="application\/json" id="data">\(.*\)<\/script>$/\1/p' \
    "$1" | jq -r "$2"
}

head -c 300000 /dev/zero > context/big
dockerfile << 'END'
FROM base AS lib
RUN echo $((40 + 2)) > /answer; for i in $(seq 9000); do echo "line $i"; done
FROM base
COPY big /big
COPY --from=lib /answer /answer
RUN chmod 600 /big && printf '\033[31mred\033[0m </pre></script><b id=sneaked>\n'
RUN echo '</script><img src=x onerror="document.title=1">' '<!--' '‮evil' שלום
RUN echo Averylongwordwithoutanybreakinit_Averylongwordwithoutanybreakinit_Averylongwordwithoutanybreakinit
END
build -q -t shown --network none --report first.html
expect_status 0
look first.html \
  --ask 'document.querySelectorAll("details[id^=step-]").length' \
  --ask 'document.querySelectorAll(".chart li[data-step]").length' \
  --ask 'document.querySelectorAll(".chart .node").length' \
  --ask 'document.querySelectorAll(".chart .edge").length' \
  --ask 'document.querySelectorAll("img, #sneaked, b").length' \
  --ask 'document.querySelector("#step-6 .title").textContent' \
  --ask 'new Promise(done => {
    const look = () => document.querySelector("#step-5 .log")?.textContent;
    new MutationObserver(() => look() && done(look())).observe(document.body,
      {subtree: true, childList: true, attributes: true});
    location.hash = "#step-5";
    if (look()) done(look()); })' \
  --ask 'document.querySelector("#theme").click();
    getComputedStyle(document.body).backgroundColor' \
  --ask 'document.querySelector("#theme").click();
    getComputedStyle(document.body).backgroundColor' \
  --ask 'let field = document.querySelector("input"); field.value = "chmod 600";
    field.dispatchEvent(new Event("input"));
    document.querySelectorAll("details[id^=step-]:not([hidden])").length'
for i in 0 1 2; do expect 7 "$(answer $i)"; done
expect 7 "$(answer 3)" # six stand on another, one copies from another
expect 0 "$(answer 4)"
expect "RUN echo '</script><img src=x onerror=\"document.title=1\">' '<!--' '<U+202E>evil' שלום" \
  "$(answer 5)"
expect 'red </pre></script><b id=sneaked>' "$(answer 6)"
[ "$(answer 7)" != "$(answer 8)" ] || fail "the switch changes no colour"
expect 1 "$(answer 9)"
expect "$(tail -1 <<< "$out")" "$(data first.html .image.id)"
expect '/big 300000 attributes RUN' "$(data first.html '.layers as $layers | .steps as $steps
  | .waste.biggest[0] | "\(.path) \(.bytes) \(.kind) \($steps[$layers[.by].step].title[:3])"')"
# Of a long log the beginning, the end and where the whole is.
expect 'true true true' "$(data first.html '.steps[1].log | "\(.head | startswith("line 1\n"))
  \(.tail | endswith("line 9000\n")) \(.left_out_bytes > 40000)"' | xargs)"
expect 9000 "$(wc -l < "$(data first.html '.steps[1].log.path')")"

# All found: how old, what that saved.
build -q -t shown --network none --report again.html
expect_status 0
expect '["cached"]' "$(data again.html '[.steps[].state] | unique | tojson')"
[ "$(data again.html '.saved_ms > 0 and .steps[1].hit.recorded > 1e9')" = true ] ||
  fail "nothing of what the cache saved: $(data again.html .steps[1])"

# Of layers that stay in a cache elsewhere no size is made up.
build -q --network none --cache-to type=local,dest=cache,mode=max -t shown
expect_status 0
STRAKE_ROOT=$work/other
base
build -q --network none --cache-from type=local,src=cache -o type=cacheonly \
  --report elsewhere.html
expect_status 0
STRAKE_ROOT=$work/store
expect null "$(data elsewhere.html .image.bytes)"
look elsewhere.html \
  --ask '[...document.querySelectorAll("body *")].filter(one =>
    one.childElementCount === 0 && /\b0 B\b/.test(one.textContent)).length'
expect 0 "$(answer 0)"

# One that fails has a report too, and the error that it would have without.
sed -i '$d' context/Dockerfile
printf 'RUN echo about to fail; exit 9\nRUN echo never\n' >> context/Dockerfile
build --network none --report failed.html
expect_status 4
look failed.html --ask 'document.querySelector("#error .message").textContent' \
  --ask 'document.querySelector("#step-7 .log").textContent'
expect 'Dockerfile:8:1: RUN failed with exit code 9' "$(answer 0)"
expect 'about to fail' "$(answer 1)"
expect 'failed waiting' "$(data failed.html '.steps[6:][].state' | xargs)"
echo 'NONSENSE' > context/Dockerfile
build --report broken.html
expect_status 3
expect 'failed 0' "$(data broken.html '"\(.result) \(.steps | length)"')"

# So has one that is stopped; neither it nor its trace is half a file.
printf 'FROM base\nRUN echo started; sleep 600\n' | dockerfile
"$STRAKE" build --network none --report stopped.html --trace t.json context > log 2>&1 &
pid=$!
wait_for grep -q ' started' log
kill -TERM $pid
wait $pid
expect 130 $?
look stopped.html
expect 'interrupted stopped' "$(data stopped.html '"\(.result) \(.steps[1].state)"')"
jq -e .traceEvents t.json > /dev/null || fail "no trace"

# A file that cannot be written is told before anything runs.
build --report none/r.html
expect_status 1
expect_out '/none to put r.html in'
expect_no_out '#1'
# One that cannot after all takes nothing from the build's own error and code.
printf 'FROM base\nRUN exit 9\n' | dockerfile
build --network none --report /proc/r.html
expect_status 4
expect_out 'RUN failed with exit code 9'
expect_out 'writing the report: '
# Where nothing is built there is nothing to report.
for way in 'build --check' 'build --call=targets' explain; do
  # shellcheck disable=SC2086
  strake $way --report r.html context
  expect_status 2
  expect_out '--report is of a build'
  expect_no_file r.html
done
