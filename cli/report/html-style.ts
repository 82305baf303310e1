/** The style of the HTML report: light and dark, screen, phone and print. */

const dark = `
  --bg:#0e1116;--card:#161b22;--line:#2a313c;--ink:#e6e9ee;--muted:#8d97a5;--soft:#1d242d;
  --good:#3fb950;--good-bg:#12261a;--bad:#ff7b72;--bad-bg:#2d1618;--warn:#e3b341;--warn-bg:#2b2411;
  --q50:#2f6d8f;--q95:#4fb3e8;--q99:#b9e2f8;
  --c1:#58a6ff;--c2:#f0a35e;--c3:#4cc38a;--c4:#e879b9;--c5:#b392f0;--c6:#e5cf5b;--c7:#39c5cf;--c8:#ff8f85;--c9:#9fb6cf;--c10:#a5d66b;
  --fault:rgba(255,123,114,.16);`;

/** All CSS of the report but uPlot's own. */
export const reportStyle = `
:root{color-scheme:light;
  --bg:#f5f6f8;--card:#fff;--line:#e2e5ea;--ink:#1b1f24;--muted:#667080;--soft:#f0f2f5;
  --good:#1a7f37;--good-bg:#e9f7ee;--bad:#c5221f;--bad-bg:#fdecea;--warn:#8a6100;--warn-bg:#fdf4dc;
  --q50:#a3cbe3;--q95:#1f7fbf;--q99:#0b3f66;
  --c1:#0b6bcb;--c2:#c8690a;--c3:#16815a;--c4:#b8327f;--c5:#7048b8;--c6:#8f7a00;--c7:#0a8790;--c8:#cf4a3f;--c9:#5b7083;--c10:#5c8a1a;
  --fault:rgba(197,34,31,.12);}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${dark}}}
:root[data-theme=dark]{color-scheme:dark;${dark}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1180px;margin:0 auto;padding:20px 20px 48px}
header.top{display:flex;align-items:center;gap:12px;margin-bottom:14px;color:var(--muted)}
header.top b{color:var(--ink);letter-spacing:.02em}
header.top span{flex:1;overflow-wrap:anywhere}
button{font:inherit;font-size:13px;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:999px;padding:5px 14px;cursor:pointer}
button:hover{background:var(--soft)}
button:focus-visible,summary:focus-visible{outline:2px solid var(--c1);outline-offset:2px}
h1,h2,h3{line-height:1.25;margin:0;text-wrap:balance}
h2{font-size:17px;margin:34px 0 10px}
h2 small{font-weight:400;color:var(--muted);font-size:13px;margin-left:8px}
p{margin:0}
.muted{color:var(--muted)}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px}
.verdict{display:flex;gap:18px;align-items:flex-start;padding:22px 24px;border-left-width:6px}
.verdict .mark{flex:none;width:48px;height:48px;border-radius:50%;display:grid;place-items:center;font-size:26px;font-weight:700;color:var(--card)}
.verdict h1{font-size:26px;letter-spacing:.01em}
.verdict .why{font-size:17px;margin-top:2px;overflow-wrap:anywhere}
.verdict ul{margin:10px 0 0;padding-left:18px;color:var(--muted);font-size:14px}
.verdict .meta{margin-top:8px;color:var(--muted);font-size:14px;overflow-wrap:anywhere}
.verdict.pass{border-left-color:var(--good);background:linear-gradient(90deg,var(--good-bg),var(--card) 60%)}
.verdict.fail{border-left-color:var(--bad);background:linear-gradient(90deg,var(--bad-bg),var(--card) 60%)}
.verdict.no-data{border-left-color:var(--warn);background:linear-gradient(90deg,var(--warn-bg),var(--card) 60%)}
.pass .mark,.pill.pass{background:var(--good)}.fail .mark,.pill.fail{background:var(--bad)}.no-data .mark,.pill.no-data{background:var(--warn)}
.pill{display:inline-block;min-width:84px;text-align:center;border-radius:999px;color:var(--card);font-size:12.5px;font-weight:600;padding:2px 10px;white-space:nowrap}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin-top:12px}
.figure{padding:13px 16px}
.figure b{display:block;font-size:24px;font-weight:650;line-height:1.2;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.figure span{display:block;font-size:13px;color:var(--muted)}
.figure.good b{color:var(--good)}.figure.bad{background:var(--bad-bg);border-color:var(--bad)}.figure.bad b{color:var(--bad)}
.figure.zero b{color:var(--muted);font-weight:500}
.figures.small{grid-template-columns:repeat(auto-fit,minmax(110px,1fr))}
.figures.small .figure b{font-size:20px}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
table.data{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
table.data th,table.data td{padding:8px 14px;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
table.data tr:last-child td{border-bottom:0}
table.data th{font-weight:600;color:var(--muted);font-size:12.5px;white-space:nowrap}
table.data .l{text-align:left}
table.data td.why{color:var(--muted);min-width:220px}
table.data td.n{white-space:nowrap}
table.data td.bad{color:var(--bad);font-weight:600}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:13px}
pre{margin:0;padding:14px 16px;overflow:auto;max-height:460px}
.charts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:12px}
.chart{margin:0;padding:14px 14px 8px;min-width:0}
.chart:last-child:nth-child(odd){grid-column:1/-1}
.chart h3{font-size:15px}
.chart h3 small{font-weight:400;color:var(--muted);margin-left:6px;font-size:13px}
.chart .plot{height:252px;overflow:hidden}
.two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:12px}
.two>:last-child:nth-child(odd){grid-column:1/-1}
.text{padding:14px 18px}
.text h3{font-size:15px;margin-bottom:4px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;font-size:14px}
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
ul.story{margin:0;padding-left:34px;list-style:disc}.text ul.story{padding-left:18px}.story li{margin:4px 0;overflow-wrap:anywhere}ul.story+.card,.card+.card.scroll{margin-top:12px}
details{margin-top:12px}
summary{cursor:pointer;padding:12px 18px;font-weight:600}
details[open] summary{border-bottom:1px solid var(--line)}
footer{margin-top:30px;color:var(--muted);font-size:13px}
.uplot{font:inherit;width:100%}
.u-legend{font-size:12.5px;text-align:left;margin:2px 0 0 44px;color:var(--muted)}
.u-inline.u-live th::after{content:''}
.u-legend th{font-weight:500;color:var(--ink)}
.u-legend .u-value{font-variant-numeric:tabular-nums;min-width:40px;text-align:left;color:var(--ink);font-weight:600}
.u-inline tr{margin-right:8px}.u-series>*{padding:1px 3px}
.u-legend .u-marker{width:12px;height:3px;border-radius:2px}
.u-legend .u-series:first-child th{color:var(--muted)}
.u-select{background:color-mix(in srgb,var(--c1) 16%,transparent)}
@media (max-width:760px){
  main{padding:14px 12px 36px}.charts,.two{grid-template-columns:minmax(0,1fr)}
  .verdict{padding:16px;gap:12px}.verdict .mark{width:38px;height:38px;font-size:20px}.verdict h1{font-size:22px}.verdict .why{font-size:16px}
  .figures{grid-template-columns:repeat(2,minmax(0,1fr));gap:8px}.figure{padding:10px 12px}.figure b{font-size:20px}
  table.data th,table.data td{padding:7px 9px}
  table.rows thead{display:none}table.rows tr{display:grid;grid-template-columns:auto 1fr auto;gap:2px 10px;padding:10px 12px;border-bottom:1px solid var(--line)}table.rows tr:last-child{border-bottom:0}
  table.rows td{border:0;padding:0}table.rows td:nth-child(3){font-weight:600}table.rows td:nth-child(4){display:none}table.rows td.why{grid-column:1/-1;min-width:0}
  dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:6px}
}
@media print{body{background:#fff}button{display:none}.card{break-inside:avoid}.charts{grid-template-columns:1fr 1fr}}
`;
