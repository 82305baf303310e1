/** The style of the contact sheet: the report's colours, Grafana's grid. */
import { reportStyle } from '../report/html-style.ts';

export const sheetStyle = `${reportStyle}
main{max-width:1680px}
nav{display:flex;flex-wrap:wrap;gap:6px 14px;margin:14px 0 0;font-size:14px}
nav a{color:var(--c1);text-decoration:none}nav a:hover{text-decoration:underline}
.dashboard{margin-top:34px}
.dashboard h2{margin:0}
.chips{display:flex;flex-wrap:wrap;gap:6px;margin:8px 0 10px;font-size:13px;color:var(--muted)}
.chip{border:1px solid var(--line);background:var(--card);border-radius:999px;padding:1px 10px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:100%}
.chip b{color:var(--ink);font-weight:600}
.chip i{display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:6px}
.wrong{margin:6px 0 10px;padding-left:20px;color:var(--bad);font-size:14px;overflow-wrap:anywhere}
.grid{display:grid;grid-template-columns:repeat(24,minmax(0,1fr));grid-auto-rows:minmax(30px,auto);gap:8px}
.grid h4{grid-column:1/-1;margin:0;align-self:end;font-size:14px;line-height:26px;color:var(--muted);font-weight:600;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.panel{display:flex;flex-direction:column;min-width:0;min-height:0;overflow:hidden;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:6px 10px}
.panel.bad{border-color:var(--bad);box-shadow:inset 0 0 0 1px var(--bad)}
.panel>header{display:flex;align-items:baseline;gap:8px;flex:none;min-width:0}
.panel h3{font-size:13.5px;font-weight:600;flex:1;min-width:0;overflow-wrap:anywhere;line-height:1.25}
.panel small{font-size:11.5px;color:var(--muted);white-space:nowrap}
.panel .mark{font-size:11.5px;color:var(--muted);white-space:nowrap;background:none;width:auto;height:auto;display:inline}
.panel .mark.ok{color:var(--good)}.panel .mark.bad{color:var(--bad);font-weight:700}
.body{flex:1;min-height:0;min-width:0;overflow:hidden;margin:2px 0 0}
.plot{position:relative;min-height:calc(var(--h)*18px);contain:size}
.plot canvas{display:block}
.none{display:grid;place-items:center;text-align:center;color:var(--muted);font-size:13px;overflow-wrap:anywhere;padding:4px}
.bad .none{color:var(--bad)}
.words{font-size:13.5px;overflow-wrap:anywhere}.words>*+*{margin-top:8px}.words ul{padding-left:18px}.words pre{font-size:12px;white-space:pre-wrap;background:var(--soft);border-radius:4px;padding:4px 8px}
.more{color:var(--muted);font-size:12px}
.cause{flex:none;color:var(--bad);font-size:12px;overflow-wrap:anywhere}
.legend{flex:none;list-style:none;margin:2px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:0 12px;font-size:11.5px;line-height:16px;color:var(--muted)}
.legend li{white-space:nowrap;max-width:100%;overflow:hidden;text-overflow:ellipsis}
.legend i{display:inline-block;width:10px;height:3px;border-radius:2px;margin-right:5px;vertical-align:middle;background:currentColor}
.legend i.s1,.legend i.s2,.legend i.s3{width:18px;border-radius:0;background:repeating-linear-gradient(90deg,currentColor 0 5px,transparent 5px 8px)}
.legend i.s2{background:repeating-linear-gradient(90deg,currentColor 0 2px,transparent 2px 4px)}
.legend i.s3{background:repeating-linear-gradient(90deg,currentColor 0 7px,transparent 7px 9px,currentColor 9px 11px,transparent 11px 13px)}
.legend b{color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
.panel .figure svg{display:block;width:100%;min-width:120px;height:calc(var(--h)*6px);margin-top:2px;color:var(--c1)}
.stats{display:flex;flex-wrap:wrap;gap:2px 18px;align-content:center;justify-content:center}
.panel .figure{padding:0;text-align:center;min-width:0}
.panel .figure b{font-size:clamp(15px,calc(9px + var(--h)*3.6px),30px);overflow-wrap:anywhere}
.panel .figure span{font-size:11.5px}
.bars,.lanes{list-style:none;padding:0;display:flex;flex-direction:column;justify-content:center;gap:5px;font-size:12.5px}
.bars li,.lanes li{display:flex;align-items:center;gap:8px;min-height:16px}
.bars span,.lanes span{flex:0 1 30%;min-width:0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;text-align:right;color:var(--muted)}
.bars i{flex:1;height:12px;background:var(--soft);border-radius:3px;overflow:hidden}
.bars u{display:block;height:100%}
.bars b{flex:0 0 72px;font-variant-numeric:tabular-nums;text-align:left}
.lanes span{flex:0 0 min(45%,190px)}
.lanes i{position:relative;flex:1;height:18px;background:var(--soft);border-radius:3px;overflow:hidden}
.lanes u{position:absolute;top:0;bottom:0;color:var(--card);font-size:11px;line-height:18px;padding-left:4px;text-decoration:none;white-space:nowrap;overflow:hidden;font-style:normal}
.keys{flex:none;list-style:none;margin:4px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:0 12px;font-size:11.5px;line-height:16px;color:var(--muted)}
.keys i{display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:5px}
.panel .scroll{overflow-x:auto;overflow-y:hidden}
.panel table.data{font-size:12.5px}.panel table.data th,.panel table.data td{padding:3px 8px}
@media (max-width:900px){.grid{display:flex;flex-direction:column}.panel{min-height:calc(var(--h)*38px - 8px)}.grid h4{align-self:start}}
@media print{.panel{break-inside:avoid}nav{display:none}}
`;
