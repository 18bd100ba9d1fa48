<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>MedMMSlicer</name>
    <message>
        <source>'{text}' is no name with a value. {advice}</source>
        <translation>“{text}”不是“名称加数值”的形式。{advice}</translation>
    </message>
    <message>
        <source>(left out)</source>
        <translation>（已省略）</translation>
    </message>
    <message>
        <source>3D</source>
        <translation>三维</translation>
    </message>
    <message>
        <source>&lt;p&gt;Reads medical images together with clinical context: segments, measures, gives probabilities with their evidence, and drafts a report whose sentences point to what they state.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Research use only. Not for clinical diagnosis.&lt;/b&gt; Nothing leaves this computer.&lt;/p&gt;&lt;p&gt;All keys are listed under Menu, Keyboard. &lt;a href="{url}"&gt;Documentation&lt;/a&gt;&lt;/p&gt;</source>
        <translation>&lt;p&gt;结合临床信息阅读医学图像：分割、测量、给出概率及其依据，并起草报告，报告的每一句都指向其依据。&lt;/p&gt;&lt;p&gt;&lt;b&gt;仅供研究使用，不用于临床诊断。&lt;/b&gt;任何数据都不会离开本机。&lt;/p&gt;&lt;p&gt;全部快捷键见“菜单”中的“快捷键”。&lt;a href="{url}"&gt;文档&lt;/a&gt;&lt;/p&gt;</translation>
    </message>
    <message>
        <source>A click shows the place</source>
        <translation>单击可显示其位置</translation>
    </message>
    <message>
        <source>A finding needs a name. Type one.</source>
        <translation>征象需要名称，请输入。</translation>
    </message>
    <message>
        <source>A report on these images from {time} was not saved. Recovering brings back text, findings and context; outlines come back when the model runs again.</source>
        <translation>这些图像在 {time} 的报告没有保存。恢复会带回文字、发现和临床资料；轮廓在模型重新运行后恢复。</translation>
    </message>
    <message>
        <source>A volume that is already in the scene</source>
        <translation>场景中已有的图像</translation>
    </message>
    <message>
        <source>AI text kept</source>
        <translation>保留的 AI 文字</translation>
    </message>
    <message>
        <source>About the selected value</source>
        <translation>关于所选数值</translation>
    </message>
    <message>
        <source>Above operating point</source>
        <translation>高于工作点</translation>
    </message>
    <message>
        <source>Accept finding</source>
        <translation>接受征象</translation>
    </message>
    <message>
        <source>Accept license and intended use</source>
        <translation>接受许可和预期用途</translation>
    </message>
    <message>
        <source>Accept the selected finding</source>
        <translation>接受所选征象</translation>
    </message>
    <message>
        <source>Accepted</source>
        <translation>已接受</translation>
    </message>
    <message>
        <source>Accuracy</source>
        <translation>准确性</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>操作</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Add a case for each folder and file in it</source>
        <translation>为其中的每个文件夹和文件添加一个病例</translation>
    </message>
    <message>
        <source>Add a finding of your own at the crosshair</source>
        <translation>在十字线处添加自己的征象</translation>
    </message>
    <message>
        <source>Add a laboratory value by its name</source>
        <translation>按名称添加检验值</translation>
    </message>
    <message>
        <source>Add addendum</source>
        <translation>添加补充</translation>
    </message>
    <message>
        <source>Add addendum…</source>
        <translation>添加补充…</translation>
    </message>
    <message>
        <source>Add finding</source>
        <translation>添加征象</translation>
    </message>
    <message>
        <source>Add finding…</source>
        <translation>添加征象…</translation>
    </message>
    <message>
        <source>Add laboratory value</source>
        <translation>添加检验值</translation>
    </message>
    <message>
        <source>Add sentence</source>
        <translation>添加句子</translation>
    </message>
    <message>
        <source>Add value</source>
        <translation>添加数值</translation>
    </message>
    <message>
        <source>Add value…</source>
        <translation>添加数值…</translation>
    </message>
    <message>
        <source>Add: arm</source>
        <translation>添加：组别</translation>
    </message>
    <message>
        <source>Add: case</source>
        <translation>添加：病例</translation>
    </message>
    <message>
        <source>Add: rating round</source>
        <translation>添加：评价轮次</translation>
    </message>
    <message>
        <source>Add: reader</source>
        <translation>添加：阅片者</translation>
    </message>
    <message>
        <source>Add: target</source>
        <translation>添加：目标</translation>
    </message>
    <message>
        <source>Addendum</source>
        <translation>补充</translation>
    </message>
    <message>
        <source>Addendum by {name}, {time}: {text}</source>
        <translation>补充（{name}，{time}）：{text}</translation>
    </message>
    <message>
        <source>Add…</source>
        <translation>添加…</translation>
    </message>
    <message>
        <source>Age at the examination, in years</source>
        <translation>检查时的年龄（岁）</translation>
    </message>
    <message>
        <source>Age in years</source>
        <translation>年龄（岁）</translation>
    </message>
    <message>
        <source>Age:</source>
        <translation>年龄：</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>All actions with their keys, language, help</source>
        <translation>全部操作及快捷键、语言、帮助</translation>
    </message>
    <message>
        <source>Also remove these names or words (separated by ;)</source>
        <translation>另外去除这些姓名或词语（用 ; 分隔）</translation>
    </message>
    <message>
        <source>Amended, version {number}</source>
        <translation>已修订，第 {number} 版</translation>
    </message>
    <message>
        <source>Amended, version {number}. Not signed yet.</source>
        <translation>已修订，第 {number} 版，尚未签名。</translation>
    </message>
    <message>
        <source>An error can not be dismissed: correct it, or give a reason when you sign.</source>
        <translation>错误不能忽略：请改正，或在签名时说明理由。</translation>
    </message>
    <message>
        <source>Analyze</source>
        <translation>分析</translation>
    </message>
    <message>
        <source>Arm</source>
        <translation>组别</translation>
    </message>
    <message>
        <source>Arms</source>
        <translation>组别</translation>
    </message>
    <message>
        <source>Arms in a period</source>
        <translation>每个时期的组别</translation>
    </message>
    <message>
        <source>At the crosshair</source>
        <translation>在十字线处</translation>
    </message>
    <message>
        <source>Audit trail</source>
        <translation>审计记录</translation>
    </message>
    <message>
        <source>Audit trail (*.jsonl)</source>
        <translation>审计记录 (*.jsonl)</translation>
    </message>
    <message>
        <source>Begin a sentence of your own in this section</source>
        <translation>在本节中写一句自己的话</translation>
    </message>
    <message>
        <source>Better</source>
        <translation>更好的一份</translation>
    </message>
    <message>
        <source>Bring the report, findings and context back</source>
        <translation>恢复报告、发现和临床资料</translation>
    </message>
    <message>
        <source>Can be fixed</source>
        <translation>可以自动改正</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Cancel the installation</source>
        <translation>取消安装</translation>
    </message>
    <message>
        <source>Cancel the run</source>
        <translation>取消运行</translation>
    </message>
    <message>
        <source>Cancelled: nothing was opened.</source>
        <translation>已取消，未打开任何图像。</translation>
    </message>
    <message>
        <source>Case</source>
        <translation>病例</translation>
    </message>
    <message>
        <source>Case {number} of {total}</source>
        <translation>第 {number} 例，共 {total} 例</translation>
    </message>
    <message>
        <source>Case:</source>
        <translation>病例：</translation>
    </message>
    <message>
        <source>Cases</source>
        <translation>病例</translation>
    </message>
    <message>
        <source>Change name, side or note of the selected finding</source>
        <translation>修改所选征象的名称、侧别或备注</translation>
    </message>
    <message>
        <source>Change the color of the selected segment</source>
        <translation>更改所选分割的颜色</translation>
    </message>
    <message>
        <source>Changed behind the program's back:</source>
        <translation>在程序之外被改动：</translation>
    </message>
    <message>
        <source>Checking the model</source>
        <translation>正在检查模型</translation>
    </message>
    <message>
        <source>Checks</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Checks of the report</source>
        <translation>报告检查</translation>
    </message>
    <message>
        <source>Choose a check that can be fixed first.</source>
        <translation>请先选择一项可以改正的检查。</translation>
    </message>
    <message>
        <source>Choose a format.</source>
        <translation>请选择一种格式。</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>请选择模型</translation>
    </message>
    <message>
        <source>Choose a model first.</source>
        <translation>请先选择模型。</translation>
    </message>
    <message>
        <source>Choose a phrase first.</source>
        <translation>请先选择一个短语。</translation>
    </message>
    <message>
        <source>Choose a volume of the scene first.</source>
        <translation>请先选择场景中的图像。</translation>
    </message>
    <message>
        <source>Choose the folder with the cases</source>
        <translation>选择病例所在的文件夹</translation>
    </message>
    <message>
        <source>Choose where to write the protocol</source>
        <translation>选择方案的保存位置</translation>
    </message>
    <message>
        <source>Clarity</source>
        <translation>清晰度</translation>
    </message>
    <message>
        <source>Click the lesion in an image.</source>
        <translation>请在图像中单击病灶。</translation>
    </message>
    <message>
        <source>Clinical relevance</source>
        <translation>临床相关性</translation>
    </message>
    <message>
        <source>Clock</source>
        <translation>时钟</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Close study</source>
        <translation>关闭研究</translation>
    </message>
    <message>
        <source>Close this message</source>
        <translation>关闭此消息</translation>
    </message>
    <message>
        <source>Close this window; what is not saved stays in it</source>
        <translation>关闭此窗口；未保存的内容会保留在其中</translation>
    </message>
    <message>
        <source>Color of segment…</source>
        <translation>分割的颜色…</translation>
    </message>
    <message>
        <source>Color of {name}</source>
        <translation>{name}的颜色</translation>
    </message>
    <message>
        <source>Color…</source>
        <translation>颜色…</translation>
    </message>
    <message>
        <source>Comment</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Comment (optional)</source>
        <translation>备注（可选）</translation>
    </message>
    <message>
        <source>Compared</source>
        <translation>比较对象</translation>
    </message>
    <message>
        <source>Completeness</source>
        <translation>完整性</translation>
    </message>
    <message>
        <source>Computing</source>
        <translation>正在计算</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>临床信息</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Correct the selected segment with paint, erase and threshold</source>
        <translation>用涂抹、擦除和阈值修正所选分割</translation>
    </message>
    <message>
        <source>DICOM images</source>
        <translation>DICOM 图像</translation>
    </message>
    <message>
        <source>DICOM report (measurements)</source>
        <translation>DICOM 报告（测量）</translation>
    </message>
    <message>
        <source>DICOM report (text)</source>
        <translation>DICOM 报告（文字）</translation>
    </message>
    <message>
        <source>DICOM segmentation</source>
        <translation>DICOM 分割</translation>
    </message>
    <message>
        <source>DICOM, FHIR, PDF and more, de-identified on request</source>
        <translation>DICOM、FHIR、PDF 等，可去标识化</translation>
    </message>
    <message>
        <source>Data (JSON)</source>
        <translation>数据 (JSON)</translation>
    </message>
    <message>
        <source>De-identify (DICOM PS3.15 basic profile, dates moved)</source>
        <translation>去标识化（DICOM PS3.15 基本规范，日期平移）</translation>
    </message>
    <message>
        <source>Decision</source>
        <translation>决定</translation>
    </message>
    <message>
        <source>Decisions on findings</source>
        <translation>对发现的决定</translation>
    </message>
    <message>
        <source>Design</source>
        <translation>设计</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Device used</source>
        <translation>所用设备</translation>
    </message>
    <message>
        <source>Device used: {name}</source>
        <translation>所用设备：{name}</translation>
    </message>
    <message>
        <source>Device warning</source>
        <translation>设备警告</translation>
    </message>
    <message>
        <source>Device:</source>
        <translation>设备：</translation>
    </message>
    <message>
        <source>Dice</source>
        <translation>Dice</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>丢弃</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Dismiss the check</source>
        <translation>忽略该检查</translation>
    </message>
    <message>
        <source>Dismiss the message</source>
        <translation>关闭消息</translation>
    </message>
    <message>
        <source>Do the change again</source>
        <translation>重做此更改</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Dotted line: drafted by AI. Dashed line: template. No line: yours.</source>
        <translation>点线：AI 起草；虚线：模板；无线：您的文字。</translation>
    </message>
    <message>
        <source>Draft. Not signed yet.</source>
        <translation>草稿，尚未签名。</translation>
    </message>
    <message>
        <source>Draft: {text}</source>
        <translation>草稿：{text}</translation>
    </message>
    <message>
        <source>Drafted as: {text}</source>
        <translation>起草为：{text}</translation>
    </message>
    <message>
        <source>Drafting the report</source>
        <translation>正在起草报告</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
    <message>
        <source>Edit a study protocol…</source>
        <translation>编辑研究方案…</translation>
    </message>
    <message>
        <source>Edit distance</source>
        <translation>编辑距离</translation>
    </message>
    <message>
        <source>Edit finding…</source>
        <translation>编辑征象…</translation>
    </message>
    <message>
        <source>Edit segment</source>
        <translation>编辑分割</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>编辑…</translation>
    </message>
    <message>
        <source>Ending the run</source>
        <translation>正在结束运行</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Evaluators</source>
        <translation>评价者</translation>
    </message>
    <message>
        <source>Everything is installed.</source>
        <translation>所需软件包均已安装。</translation>
    </message>
    <message>
        <source>Evidence</source>
        <translation>依据</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Export report…</source>
        <translation>导出报告…</translation>
    </message>
    <message>
        <source>Export results…</source>
        <translation>导出结果…</translation>
    </message>
    <message>
        <source>Export the results of the study</source>
        <translation>导出研究结果</translation>
    </message>
    <message>
        <source>Export to a new folder</source>
        <translation>导出到新文件夹</translation>
    </message>
    <message>
        <source>Export to a new folder…</source>
        <translation>导出到新文件夹…</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Facts from the image header</source>
        <translation>图像头信息</translation>
    </message>
    <message>
        <source>File with the truth</source>
        <translation>参考标准文件</translation>
    </message>
    <message>
        <source>Final</source>
        <translation>终稿</translation>
    </message>
    <message>
        <source>Finding</source>
        <translation>征象</translation>
    </message>
    <message>
        <source>Finding: {name}</source>
        <translation>发现：{name}</translation>
    </message>
    <message>
        <source>Findings</source>
        <translation>征象</translation>
    </message>
    <message>
        <source>Findings that are rated</source>
        <translation>需评分的发现</translation>
    </message>
    <message>
        <source>Finishing the result</source>
        <translation>正在整理结果</translation>
    </message>
    <message>
        <source>Fix</source>
        <translation>改正</translation>
    </message>
    <message>
        <source>Fix what the check says</source>
        <translation>按检查改正</translation>
    </message>
    <message>
        <source>Folder (*)</source>
        <translation>文件夹 (*)</translation>
    </message>
    <message>
        <source>Folder with the downloaded packages</source>
        <translation>存放已下载软件包的文件夹</translation>
    </message>
    <message>
        <source>Formats</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Free software under the Apache License 2.0, built on 3D Slicer, VTK, SimpleITK, ONNX Runtime. Each model states its own license, data and intended use. Research use only.</source>
        <translation>依 Apache License 2.0 发布的自由软件，基于 3D Slicer、VTK、SimpleITK 和 ONNX Runtime。每个模型注明各自的许可、数据和预期用途。仅供研究使用。</translation>
    </message>
    <message>
        <source>From a folder…</source>
        <translation>从文件夹…</translation>
    </message>
    <message>
        <source>From the image header: {names}</source>
        <translation>来自图像头信息：{names}</translation>
    </message>
    <message>
        <source>Go to</source>
        <translation>定位</translation>
    </message>
    <message>
        <source>Go to segment</source>
        <translation>定位到分割</translation>
    </message>
    <message>
        <source>Go to the next check</source>
        <translation>转到下一项检查</translation>
    </message>
    <message>
        <source>Go to the sentence</source>
        <translation>转到该句</translation>
    </message>
    <message>
        <source>Go to what the sentence at the cursor states</source>
        <translation>定位到光标所在句子的依据</translation>
    </message>
    <message>
        <source>Go to: {part}</source>
        <translation>转到：{part}</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>分组</translation>
    </message>
    <message>
        <source>Hash</source>
        <translation>哈希</translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation>热图</translation>
    </message>
    <message>
        <source>Heat map less opaque</source>
        <translation>降低热图不透明度</translation>
    </message>
    <message>
        <source>Heat map more opaque</source>
        <translation>提高热图不透明度</translation>
    </message>
    <message>
        <source>Hidden</source>
        <translation>已隐藏</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>隐藏</translation>
    </message>
    <message>
        <source>History</source>
        <translation>病史</translation>
    </message>
    <message>
        <source>History:</source>
        <translation>病史：</translation>
    </message>
    <message>
        <source>Hold Shift and move the mouse over an image, or place a point, and press this again.</source>
        <translation>请按住 Shift 在图像上移动鼠标，或放置一个点，然后再次点击。</translation>
    </message>
    <message>
        <source>How the radiograph was taken</source>
        <translation>X线片的投照体位</translation>
    </message>
    <message>
        <source>I looked at the doubtful places in texts</source>
        <translation>我已查看文字中的可疑之处</translation>
    </message>
    <message>
        <source>I looked: no text in the pictures identifies anybody</source>
        <translation>我已查看：图片中没有可识别个人的文字</translation>
    </message>
    <message>
        <source>Idle after (seconds)</source>
        <translation>无操作计为空闲（秒）</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Images of this case</source>
        <translation>本病例的图像</translation>
    </message>
    <message>
        <source>Import a CSV, FHIR or JSON file</source>
        <translation>导入 CSV、FHIR 或 JSON 文件</translation>
    </message>
    <message>
        <source>Import laboratory values</source>
        <translation>导入检验值</translation>
    </message>
    <message>
        <source>Import laboratory values…</source>
        <translation>导入检验值…</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>导入…</translation>
    </message>
    <message>
        <source>In the middle</source>
        <translation>在图像中心</translation>
    </message>
    <message>
        <source>In the scene:</source>
        <translation>场景中：</translation>
    </message>
    <message>
        <source>Indication</source>
        <translation>检查目的</translation>
    </message>
    <message>
        <source>Indication:</source>
        <translation>检查目的：</translation>
    </message>
    <message>
        <source>Indication: {text}</source>
        <translation>检查指征：{text}</translation>
    </message>
    <message>
        <source>Insert</source>
        <translation>插入</translation>
    </message>
    <message>
        <source>Insert a finding, a measurement, a phrase or a template by name</source>
        <translation>按名称插入发现、测量、短语或模板</translation>
    </message>
    <message>
        <source>Insert into report…</source>
        <translation>插入到报告…</translation>
    </message>
    <message>
        <source>Insert into the report</source>
        <translation>插入到报告</translation>
    </message>
    <message>
        <source>Insert the AI draft</source>
        <translation>插入 AI 草稿</translation>
    </message>
    <message>
        <source>Insert…</source>
        <translation>插入…</translation>
    </message>
    <message>
        <source>Install Python packages?</source>
        <translation>安装 Python 软件包？</translation>
    </message>
    <message>
        <source>Install from a folder</source>
        <translation>从文件夹安装</translation>
    </message>
    <message>
        <source>Install from a folder of downloaded packages, without a network</source>
        <translation>从已下载软件包的文件夹安装，无需网络</translation>
    </message>
    <message>
        <source>Install from a folder…</source>
        <translation>从文件夹安装…</translation>
    </message>
    <message>
        <source>Install what is missing</source>
        <translation>安装缺少的软件包</translation>
    </message>
    <message>
        <source>Installation progress</source>
        <translation>安装进度</translation>
    </message>
    <message>
        <source>Installed. Restart the application to use the new versions of: {names}.</source>
        <translation>已安装。请重新启动应用程序以使用新版本：{names}。</translation>
    </message>
    <message>
        <source>Installing…</source>
        <translation>正在安装…</translation>
    </message>
    <message>
        <source>Installs the Python packages named above. Nothing else is changed.</source>
        <translation>安装上面列出的 Python 软件包，不更改其他内容。</translation>
    </message>
    <message>
        <source>Intended use</source>
        <translation>预期用途</translation>
    </message>
    <message>
        <source>Keep mine</source>
        <translation>保留我的</translation>
    </message>
    <message>
        <source>Keep my sentence</source>
        <translation>保留我的句子</translation>
    </message>
    <message>
        <source>Keep my version</source>
        <translation>保留我的版本</translation>
    </message>
    <message>
        <source>Keep your text and ask no more</source>
        <translation>保留您的文字，不再询问</translation>
    </message>
    <message>
        <source>Kept / edited / removed / added</source>
        <translation>保留 / 修改 / 删除 / 新增</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>Key of this machine, to be told to the study team once: {key}</source>
        <translation>本机密钥，请告知研究团队一次：{key}</translation>
    </message>
    <message>
        <source>Keyboard</source>
        <translation>快捷键</translation>
    </message>
    <message>
        <source>Keyboard…</source>
        <translation>快捷键…</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Kind of the lesion</source>
        <translation>病灶类型</translation>
    </message>
    <message>
        <source>Laboratory values</source>
        <translation>检验值</translation>
    </message>
    <message>
        <source>Laboratory values:</source>
        <translation>检验值：</translation>
    </message>
    <message>
        <source>Last changed</source>
        <translation>最后更改</translation>
    </message>
    <message>
        <source>Lesion</source>
        <translation>病灶</translation>
    </message>
    <message>
        <source>Lesion marks</source>
        <translation>病灶标记</translation>
    </message>
    <message>
        <source>Lesions</source>
        <translation>病灶</translation>
    </message>
    <message>
        <source>License</source>
        <translation>许可</translation>
    </message>
    <message>
        <source>Loading the images</source>
        <translation>正在载入图像</translation>
    </message>
    <message>
        <source>Lock ratings and show AI</source>
        <translation>锁定评分并显示 AI</translation>
    </message>
    <message>
        <source>Lock the ratings first.</source>
        <translation>请先锁定评分。</translation>
    </message>
    <message>
        <source>Look whether report or audit trail were changed behind the program's back</source>
        <translation>检查报告或审计记录是否在程序之外被改动</translation>
    </message>
    <message>
        <source>Looking for images</source>
        <translation>正在查找图像</translation>
    </message>
    <message>
        <source>Looking for the evidence</source>
        <translation>正在查找依据</translation>
    </message>
    <message>
        <source>Make a case of this volume</source>
        <translation>用此图像建立病例</translation>
    </message>
    <message>
        <source>Mark</source>
        <translation>标记</translation>
    </message>
    <message>
        <source>Mark a lesion</source>
        <translation>标记病灶</translation>
    </message>
    <message>
        <source>Mark lesion</source>
        <translation>标记病灶</translation>
    </message>
    <message>
        <source>Mark preliminary</source>
        <translation>标为初步报告</translation>
    </message>
    <message>
        <source>Mark report preliminary</source>
        <translation>将报告标为初步</translation>
    </message>
    <message>
        <source>Marks</source>
        <translation>标记</translation>
    </message>
    <message>
        <source>Measurement: {name}</source>
        <translation>测量：{name}</translation>
    </message>
    <message>
        <source>Measuring</source>
        <translation>正在测量</translation>
    </message>
    <message>
        <source>MedMM</source>
        <translation>MedMM</translation>
    </message>
    <message>
        <source>MedMM needs Python packages that are not installed yet: {names}.</source>
        <translation>MedMM 需要的 Python 软件包尚未安装：{names}。</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Message details</source>
        <translation>消息详情</translation>
    </message>
    <message>
        <source>Messages of this session</source>
        <translation>本次会话的消息</translation>
    </message>
    <message>
        <source>Mode</source>
        <translation>方式</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Model card</source>
        <translation>模型说明卡</translation>
    </message>
    <message>
        <source>Model card: {title}</source>
        <translation>模型说明卡：{title}</translation>
    </message>
    <message>
        <source>Model card…</source>
        <translation>模型说明卡…</translation>
    </message>
    <message>
        <source>Model:</source>
        <translation>模型：</translation>
    </message>
    <message>
        <source>Most reads of a session</source>
        <translation>每次阅片的最多例数</translation>
    </message>
    <message>
        <source>Move all views to the selected segment</source>
        <translation>将所有视图移到所选分割</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Name of the finding</source>
        <translation>征象名称</translation>
    </message>
    <message>
        <source>Name, value and unit, for example: CRP 12 mg/L</source>
        <translation>名称、数值和单位，例如：CRP 12 mg/L</translation>
    </message>
    <message>
        <source>New study protocol…</source>
        <translation>新建研究方案…</translation>
    </message>
    <message>
        <source>Next case</source>
        <translation>下一个病例</translation>
    </message>
    <message>
        <source>Next case of the study, or continue</source>
        <translation>研究的下一例，或继续</translation>
    </message>
    <message>
        <source>Next finding</source>
        <translation>下一个征象</translation>
    </message>
    <message>
        <source>No case is open</source>
        <translation>未打开病例</translation>
    </message>
    <message>
        <source>No draft of a sentence that you changed is waiting.</source>
        <translation>您修改过的句子没有待处理的新草稿。</translation>
    </message>
    <message>
        <source>No finding fits this choice; there are {count} in all.</source>
        <translation>没有符合此条件的征象；共有 {count} 个。</translation>
    </message>
    <message>
        <source>No model is installed</source>
        <translation>未安装模型</translation>
    </message>
    <message>
        <source>No particular reason is known; it may be wrong all the same.</source>
        <translation>未发现特别的理由，但结果仍可能有误。</translation>
    </message>
    <message>
        <source>No preference</source>
        <translation>无偏好</translation>
    </message>
    <message>
        <source>No segments yet: analyze the case.</source>
        <translation>尚无分割：请分析该病例。</translation>
    </message>
    <message>
        <source>No.</source>
        <translation>序号</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>None yet.</source>
        <translation>尚无。</translation>
    </message>
    <message>
        <source>None yet: paste rows from a spreadsheet, import a file or add a value.</source>
        <translation>暂无：请从电子表格粘贴、导入文件或添加数值。</translation>
    </message>
    <message>
        <source>Not accepted yet.</source>
        <translation>尚未接受。</translation>
    </message>
    <message>
        <source>Not analyzed yet. You can add findings of your own.</source>
        <translation>尚未分析。您可以添加自己的征象。</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>暂不</translation>
    </message>
    <message>
        <source>Not saved yet…</source>
        <translation>尚未保存…</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>Nothing is running.</source>
        <translation>没有正在运行的任务。</translation>
    </message>
    <message>
        <source>Nothing is to be locked now.</source>
        <translation>现在没有需要锁定的内容。</translation>
    </message>
    <message>
        <source>Nothing was changed behind the program's back: {count} entries fit.</source>
        <translation>没有在程序之外的改动：{count} 条记录相符。</translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation>不透明度</translation>
    </message>
    <message>
        <source>Opacity of the heat map</source>
        <translation>热图的不透明度</translation>
    </message>
    <message>
        <source>Opacity of the segment</source>
        <translation>分割的不透明度</translation>
    </message>
    <message>
        <source>Opacity of the selected segment</source>
        <translation>所选分割的不透明度</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>待定</translation>
    </message>
    <message>
        <source>Open a folder of images</source>
        <translation>打开图像文件夹</translation>
    </message>
    <message>
        <source>Open a new version of the signed report with an addendum</source>
        <translation>为已签名的报告打开带补充的新版本</translation>
    </message>
    <message>
        <source>Open a study protocol</source>
        <translation>打开研究方案</translation>
    </message>
    <message>
        <source>Open every study of a folder</source>
        <translation>打开文件夹中的全部检查</translation>
    </message>
    <message>
        <source>Open files</source>
        <translation>打开文件</translation>
    </message>
    <message>
        <source>Open files…</source>
        <translation>打开文件…</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Open folder…</source>
        <translation>打开文件夹…</translation>
    </message>
    <message>
        <source>Open image files</source>
        <translation>打开图像文件</translation>
    </message>
    <message>
        <source>Open image files: DICOM, NIfTI, NRRD, MetaImage, PNG, JPEG</source>
        <translation>打开图像文件：DICOM、NIfTI、NRRD、MetaImage、PNG、JPEG</translation>
    </message>
    <message>
        <source>Open images first</source>
        <translation>请先打开图像</translation>
    </message>
    <message>
        <source>Open images first.</source>
        <translation>请先打开图像。</translation>
    </message>
    <message>
        <source>Open one of the sample studies</source>
        <translation>打开一个示例检查</translation>
    </message>
    <message>
        <source>Open sample</source>
        <translation>打开示例</translation>
    </message>
    <message>
        <source>Open study folder…</source>
        <translation>打开研究文件夹…</translation>
    </message>
    <message>
        <source>Open study package…</source>
        <translation>打开研究包…</translation>
    </message>
    <message>
        <source>Open the folder of a reader study</source>
        <translation>打开阅片研究的文件夹</translation>
    </message>
    <message>
        <source>Open the package of a reader study</source>
        <translation>打开阅片研究的研究包</translation>
    </message>
    <message>
        <source>Open the window with the reports that are rated</source>
        <translation>打开显示待评价报告的窗口</translation>
    </message>
    <message>
        <source>Opening images</source>
        <translation>正在打开图像</translation>
    </message>
    <message>
        <source>Opening the model</source>
        <translation>正在打开模型</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>顺序</translation>
    </message>
    <message>
        <source>Order of cases</source>
        <translation>病例顺序</translation>
    </message>
    <message>
        <source>Overview picture</source>
        <translation>概览图</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
    <message>
        <source>Paste laboratory values</source>
        <translation>粘贴检验值</translation>
    </message>
    <message>
        <source>Paste rows copied from a spreadsheet: name, value, unit</source>
        <translation>粘贴从电子表格复制的行：名称、数值、单位</translation>
    </message>
    <message>
        <source>Patient</source>
        <translation>患者</translation>
    </message>
    <message>
        <source>Patient: {text}</source>
        <translation>患者：{text}</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Pause the study</source>
        <translation>暂停研究</translation>
    </message>
    <message>
        <source>Paused. The time stands still, and the images are away.</source>
        <translation>已暂停。计时停止，图像已移去。</translation>
    </message>
    <message>
        <source>Phrase /{key}: {text}</source>
        <translation>短语 /{key}：{text}</translation>
    </message>
    <message>
        <source>Phrases</source>
        <translation>短语</translation>
    </message>
    <message>
        <source>Phrases of {reader}, language {language}. In the report, type / and the key.</source>
        <translation>{reader} 的短语，语言 {language}。在报告中输入 / 和键。</translation>
    </message>
    <message>
        <source>Phrases…</source>
        <translation>短语…</translation>
    </message>
    <message>
        <source>Preliminary. Not signed yet.</source>
        <translation>初步报告，尚未签名。</translation>
    </message>
    <message>
        <source>Preparing the image</source>
        <translation>正在准备图像</translation>
    </message>
    <message>
        <source>Previous case</source>
        <translation>上一个病例</translation>
    </message>
    <message>
        <source>Previous finding</source>
        <translation>上一个征象</translation>
    </message>
    <message>
        <source>Probability</source>
        <translation>概率</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Protocol (*.yaml)</source>
        <translation>方案 (*.yaml)</translation>
    </message>
    <message>
        <source>Put the certain correction into the report; can be undone</source>
        <translation>把确定的改正写入报告；可以撤销</translation>
    </message>
    <message>
        <source>Put the cursor into a sentence first.</source>
        <translation>请先将光标放入句子中。</translation>
    </message>
    <message>
        <source>Put what AI drafted behind your text</source>
        <translation>将 AI 草稿放在您的文字之后</translation>
    </message>
    <message>
        <source>RADPEER: 1 I concur; 2 a discrepancy that is understandable; 3 one that should not happen most of the time; a: unlikely, b: likely to matter clinically.</source>
        <translation>RADPEER：1 同意；2 有差异但可以理解；3 多数情况下不应出现的差异；a：不太可能影响临床，b：可能影响临床。</translation>
    </message>
    <message>
        <source>Rate the report</source>
        <translation>评价报告</translation>
    </message>
    <message>
        <source>Rate the report on each scale: 1 is worst, 5 is best.</source>
        <translation>请逐项评价报告：1 最差，5 最好。</translation>
    </message>
    <message>
        <source>Rating</source>
        <translation>评分</translation>
    </message>
    <message>
        <source>Rating of the mark</source>
        <translation>标记的评分</translation>
    </message>
    <message>
        <source>Rating rounds afterwards</source>
        <translation>之后的评价轮次</translation>
    </message>
    <message>
        <source>Read around the crosshair; hold Shift and move the mouse over an image to place it</source>
        <translation>读取十字线周围；按住 Shift 在图像上移动鼠标可放置十字线</translation>
    </message>
    <message>
        <source>Read around the middle of the image</source>
        <translation>读取图像中心周围</translation>
    </message>
    <message>
        <source>Read at the crosshair</source>
        <translation>在十字线处读取</translation>
    </message>
    <message>
        <source>Read both reports on the same case, and choose.</source>
        <translation>请阅读同一病例的两份报告并作出选择。</translation>
    </message>
    <message>
        <source>Read in the middle of the image</source>
        <translation>在图像中心读取</translation>
    </message>
    <message>
        <source>Read it</source>
        <translation>阅读</translation>
    </message>
    <message>
        <source>Reader study</source>
        <translation>阅片研究</translation>
    </message>
    <message>
        <source>Readers</source>
        <translation>阅片者</translation>
    </message>
    <message>
        <source>Reading headers</source>
        <translation>正在读取图像头信息</translation>
    </message>
    <message>
        <source>Reads of a session</source>
        <translation>每次阅片例数</translation>
    </message>
    <message>
        <source>Reason to sign all the same</source>
        <translation>仍然签名的理由</translation>
    </message>
    <message>
        <source>Record of the report</source>
        <translation>报告记录</translation>
    </message>
    <message>
        <source>Record of the report…</source>
        <translation>报告记录…</translation>
    </message>
    <message>
        <source>Record…</source>
        <translation>记录…</translation>
    </message>
    <message>
        <source>Recover</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Redo in report</source>
        <translation>在报告中重做</translation>
    </message>
    <message>
        <source>Reference</source>
        <translation>参考范围</translation>
    </message>
    <message>
        <source>Reject finding</source>
        <translation>否定征象</translation>
    </message>
    <message>
        <source>Reject the selected finding</source>
        <translation>否定所选征象</translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation>已否定</translation>
    </message>
    <message>
        <source>Release the draft as preliminary; it can still be changed</source>
        <translation>将草稿发布为初步报告；仍可修改</translation>
    </message>
    <message>
        <source>Remarks about the context</source>
        <translation>关于临床信息的说明</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Remove '{title}' with its segments, findings and report from the scene?</source>
        <translation>从场景中移除“{title}”及其分割、征象和报告？</translation>
    </message>
    <message>
        <source>Remove case</source>
        <translation>移除病例</translation>
    </message>
    <message>
        <source>Remove mark</source>
        <translation>删除标记</translation>
    </message>
    <message>
        <source>Remove own finding</source>
        <translation>移除自己的征象</translation>
    </message>
    <message>
        <source>Remove phrase</source>
        <translation>删除短语</translation>
    </message>
    <message>
        <source>Remove segment</source>
        <translation>移除分割</translation>
    </message>
    <message>
        <source>Remove sentence</source>
        <translation>移除句子</translation>
    </message>
    <message>
        <source>Remove the new version</source>
        <translation>移除新版本</translation>
    </message>
    <message>
        <source>Remove the selected laboratory value</source>
        <translation>移除所选检验值</translation>
    </message>
    <message>
        <source>Remove the selected mark</source>
        <translation>删除所选标记</translation>
    </message>
    <message>
        <source>Remove the selected segment</source>
        <translation>移除所选分割</translation>
    </message>
    <message>
        <source>Remove the selected: arm</source>
        <translation>删除所选：组别</translation>
    </message>
    <message>
        <source>Remove the selected: case</source>
        <translation>删除所选：病例</translation>
    </message>
    <message>
        <source>Remove the selected: rating round</source>
        <translation>删除所选：评价轮次</translation>
    </message>
    <message>
        <source>Remove the selected: reader</source>
        <translation>删除所选：阅片者</translation>
    </message>
    <message>
        <source>Remove the selected: target</source>
        <translation>删除所选：目标</translation>
    </message>
    <message>
        <source>Remove the sentence at the cursor</source>
        <translation>移除光标所在的句子</translation>
    </message>
    <message>
        <source>Remove value</source>
        <translation>移除数值</translation>
    </message>
    <message>
        <source>Remove what was kept</source>
        <translation>删除保留的内容</translation>
    </message>
    <message>
        <source>Remove what was kept of this report? It can not be brought back afterwards.</source>
        <translation>删除为该报告保留的内容？之后无法恢复。</translation>
    </message>
    <message>
        <source>Remove: arm</source>
        <translation>删除：组别</translation>
    </message>
    <message>
        <source>Remove: case</source>
        <translation>删除：病例</translation>
    </message>
    <message>
        <source>Remove: rating round</source>
        <translation>删除：评价轮次</translation>
    </message>
    <message>
        <source>Remove: reader</source>
        <translation>删除：阅片者</translation>
    </message>
    <message>
        <source>Remove: target</source>
        <translation>删除：目标</translation>
    </message>
    <message>
        <source>Rename segment</source>
        <translation>重命名分割</translation>
    </message>
    <message>
        <source>Rename segment…</source>
        <translation>重命名分割…</translation>
    </message>
    <message>
        <source>Rename the selected segment</source>
        <translation>重命名所选分割</translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation>重命名…</translation>
    </message>
    <message>
        <source>Replace your text by the new draft; can be undone</source>
        <translation>用新草稿替换您的文字；可以撤销</translation>
    </message>
    <message>
        <source>Replace your version by the new one; can be undone</source>
        <translation>用新版本替换您的版本；可以撤销</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>Report (optional)</source>
        <translation>报告（可选）</translation>
    </message>
    <message>
        <source>Report (required)</source>
        <translation>报告（必填）</translation>
    </message>
    <message>
        <source>Report A</source>
        <translation>报告 A</translation>
    </message>
    <message>
        <source>Report B</source>
        <translation>报告 B</translation>
    </message>
    <message>
        <source>Report of the reading</source>
        <translation>阅片报告</translation>
    </message>
    <message>
        <source>Research use only. Not for clinical diagnosis.</source>
        <translation>仅供研究使用，不用于临床诊断。</translation>
    </message>
    <message>
        <source>Results (*.zip)</source>
        <translation>结果 (*.zip)</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>角色</translation>
    </message>
    <message>
        <source>Role (optional)</source>
        <translation>职务（可选）</translation>
    </message>
    <message>
        <source>Role of {name}</source>
        <translation>{name}的角色</translation>
    </message>
    <message>
        <source>Run the model on this case</source>
        <translation>用模型分析本病例</translation>
    </message>
    <message>
        <source>Save as web page, text or JSON</source>
        <translation>保存为网页、文本或 JSON</translation>
    </message>
    <message>
        <source>Save audit trail</source>
        <translation>保存审计记录</translation>
    </message>
    <message>
        <source>Save audit trail…</source>
        <translation>保存审计记录…</translation>
    </message>
    <message>
        <source>Save changes</source>
        <translation>保存更改</translation>
    </message>
    <message>
        <source>Save phrase</source>
        <translation>保存短语</translation>
    </message>
    <message>
        <source>Save protocol…</source>
        <translation>保存方案…</translation>
    </message>
    <message>
        <source>Save report</source>
        <translation>保存报告</translation>
    </message>
    <message>
        <source>Save report…</source>
        <translation>保存报告…</translation>
    </message>
    <message>
        <source>Save the protocol</source>
        <translation>保存方案</translation>
    </message>
    <message>
        <source>Saved: {path}</source>
        <translation>已保存：{path}</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>量表</translation>
    </message>
    <message>
        <source>Scene</source>
        <translation>场景</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Seconds without input that are idle time</source>
        <translation>无操作超过多少秒计为空闲</translation>
    </message>
    <message>
        <source>Section</source>
        <translation>章节</translation>
    </message>
    <message>
        <source>Section for a new sentence</source>
        <translation>新句子所在的节</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Seed of the order of cases</source>
        <translation>病例顺序的随机种子</translation>
    </message>
    <message>
        <source>Segment</source>
        <translation>分割</translation>
    </message>
    <message>
        <source>Segmentation for Slicer</source>
        <translation>Slicer 分割文件</translation>
    </message>
    <message>
        <source>Segments</source>
        <translation>分割</translation>
    </message>
    <message>
        <source>Select a finding first.</source>
        <translation>请先选择征象。</translation>
    </message>
    <message>
        <source>Select a laboratory value first.</source>
        <translation>请先选择检验值。</translation>
    </message>
    <message>
        <source>Select a segment first.</source>
        <translation>请先选择分割。</translation>
    </message>
    <message>
        <source>Sex</source>
        <translation>性别</translation>
    </message>
    <message>
        <source>Sex:</source>
        <translation>性别：</translation>
    </message>
    <message>
        <source>Short name</source>
        <translation>简称</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Show evidence</source>
        <translation>显示依据</translation>
    </message>
    <message>
        <source>Show evidence of sentence</source>
        <translation>显示句子的依据</translation>
    </message>
    <message>
        <source>Show findings</source>
        <translation>显示征象</translation>
    </message>
    <message>
        <source>Show or hide segment</source>
        <translation>显示或隐藏分割</translation>
    </message>
    <message>
        <source>Show or hide the heat map</source>
        <translation>显示或隐藏热图</translation>
    </message>
    <message>
        <source>Show or hide the name and the number of the patient</source>
        <translation>显示或隐藏患者姓名和编号</translation>
    </message>
    <message>
        <source>Show or hide the patient's name</source>
        <translation>显示或隐藏患者姓名</translation>
    </message>
    <message>
        <source>Show segments in 3D</source>
        <translation>以三维显示分割</translation>
    </message>
    <message>
        <source>Show the next case; its time begins</source>
        <translation>显示下一例并开始计时</translation>
    </message>
    <message>
        <source>Show the patient's name</source>
        <translation>显示患者姓名</translation>
    </message>
    <message>
        <source>Show the segments as surfaces in 3D</source>
        <translation>以三维表面显示分割</translation>
    </message>
    <message>
        <source>Show the texts</source>
        <translation>显示文本</translation>
    </message>
    <message>
        <source>Show this and earlier messages in full</source>
        <translation>完整显示此消息及以前的消息</translation>
    </message>
    <message>
        <source>Show where the image speaks for the selected finding</source>
        <translation>显示图像中支持所选征象的部位</translation>
    </message>
    <message>
        <source>Showing the results</source>
        <translation>正在显示结果</translation>
    </message>
    <message>
        <source>Shown</source>
        <translation>已显示</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>侧别</translation>
    </message>
    <message>
        <source>Sign</source>
        <translation>签名</translation>
    </message>
    <message>
        <source>Sign report</source>
        <translation>签署报告</translation>
    </message>
    <message>
        <source>Sign report…</source>
        <translation>签署报告…</translation>
    </message>
    <message>
        <source>Sign the report: it is read-only from then on</source>
        <translation>签署报告：此后只读</translation>
    </message>
    <message>
        <source>Sign…</source>
        <translation>签名…</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Sort</source>
        <translation>排序</translation>
    </message>
    <message>
        <source>Sort findings</source>
        <translation>征象排序</translation>
    </message>
    <message>
        <source>Stage of the run</source>
        <translation>运行阶段</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Start a report without a model</source>
        <translation>不用模型，新建报告</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>正在启动</translation>
    </message>
    <message>
        <source>States no finding.</source>
        <translation>未陈述任何征象。</translation>
    </message>
    <message>
        <source>States: {names}</source>
        <translation>陈述：{names}</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Stop the installation; installing again continues it</source>
        <translation>停止安装；再次安装会继续</translation>
    </message>
    <message>
        <source>Stop the run; what was there before stays</source>
        <translation>停止运行；先前的内容保持不变</translation>
    </message>
    <message>
        <source>Stop the time; go on later</source>
        <translation>停止计时，稍后继续</translation>
    </message>
    <message>
        <source>Stop the time; the images go until you continue</source>
        <translation>停止计时；继续之前图像会移去</translation>
    </message>
    <message>
        <source>Study protocol</source>
        <translation>研究方案</translation>
    </message>
    <message>
        <source>Submit</source>
        <translation>提交</translation>
    </message>
    <message>
        <source>Submit the case</source>
        <translation>提交病例</translation>
    </message>
    <message>
        <source>Take back what the last run added</source>
        <translation>撤回上次运行添加的内容</translation>
    </message>
    <message>
        <source>Take new</source>
        <translation>采用新版</translation>
    </message>
    <message>
        <source>Take new draft</source>
        <translation>采用新草稿</translation>
    </message>
    <message>
        <source>Take the current case out of the scene</source>
        <translation>从场景中移除当前病例</translation>
    </message>
    <message>
        <source>Take the new draft</source>
        <translation>采用新草稿</translation>
    </message>
    <message>
        <source>Take the new version</source>
        <translation>采用新版本</translation>
    </message>
    <message>
        <source>Take this remark away; the audit trail keeps that</source>
        <translation>去掉此条提示；审计记录会保留</translation>
    </message>
    <message>
        <source>Taking back</source>
        <translation>正在撤回</translation>
    </message>
    <message>
        <source>Template: {title}</source>
        <translation>模板：{title}</translation>
    </message>
    <message>
        <source>Test before</source>
        <translation>之前的检验</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文字</translation>
    </message>
    <message>
        <source>The case that is read now</source>
        <translation>当前阅读的病例</translation>
    </message>
    <message>
        <source>The checks have nothing to say.</source>
        <translation>检查没有发现问题。</translation>
    </message>
    <message>
        <source>The clipboard holds no text. Copy rows of a spreadsheet first.</source>
        <translation>剪贴板中没有文本。请先复制电子表格的行。</translation>
    </message>
    <message>
        <source>The draft has changed</source>
        <translation>草稿已改变</translation>
    </message>
    <message>
        <source>The draft has changed ({count})</source>
        <translation>草稿已改变（{count}）</translation>
    </message>
    <message>
        <source>The file does not state its modality: choose the model yourself.</source>
        <translation>文件未注明检查类型：请自行选择模型。</translation>
    </message>
    <message>
        <source>The first {count} are shown.</source>
        <translation>显示前 {count} 条。</translation>
    </message>
    <message>
        <source>The images of this case and what each is for</source>
        <translation>本病例的图像及各自的用途</translation>
    </message>
    <message>
        <source>The model gives no heat map for this finding</source>
        <translation>模型未给出该征象的热图</translation>
    </message>
    <message>
        <source>The model states no findings for this case. You can add your own.</source>
        <translation>模型未给出本病例的征象。您可以自行添加。</translation>
    </message>
    <message>
        <source>The model that reads this case; those that fit come first</source>
        <translation>阅读本病例的模型；适用的排在前面</translation>
    </message>
    <message>
        <source>The order of cases follows from it</source>
        <translation>病例顺序由它决定</translation>
    </message>
    <message>
        <source>The patient's name is not known.</source>
        <translation>患者姓名未知。</translation>
    </message>
    <message>
        <source>The protocol was written: {path}</source>
        <translation>方案已写入：{path}</translation>
    </message>
    <message>
        <source>The report is drafted when the case is analyzed.</source>
        <translation>分析病例后将起草报告。</translation>
    </message>
    <message>
        <source>The report is not signed: change it as it is.</source>
        <translation>报告尚未签名：可以直接修改。</translation>
    </message>
    <message>
        <source>The results were written: {path}</source>
        <translation>结果已写入：{path}</translation>
    </message>
    <message>
        <source>The selected model reads the whole image.</source>
        <translation>所选模型读取整幅图像。</translation>
    </message>
    <message>
        <source>The signed report is read-only. Research use only.</source>
        <translation>签名后的报告只读。仅供研究使用。</translation>
    </message>
    <message>
        <source>The signed version is kept. The new version can be edited, and is signed again.</source>
        <translation>已签名的版本会保留。新版本可以编辑，并需再次签名。</translation>
    </message>
    <message>
        <source>The time begins when the images appear.</source>
        <translation>图像出现时开始计时。</translation>
    </message>
    <message>
        <source>Then click the lesion in an image</source>
        <translation>然后在图像中单击病灶</translation>
    </message>
    <message>
        <source>There is no AI draft in this reading.</source>
        <translation>此次阅片没有 AI 草稿。</translation>
    </message>
    <message>
        <source>There is no AI step to undo.</source>
        <translation>没有可撤销的 AI 步骤。</translation>
    </message>
    <message>
        <source>There is no new version of a segment that you changed.</source>
        <translation>您修改过的分割没有新版本。</translation>
    </message>
    <message>
        <source>There is no report yet. Analyze the case first.</source>
        <translation>尚无报告。请先分析该病例。</translation>
    </message>
    <message>
        <source>These checks stand in the way:</source>
        <translation>以下检查妨碍签名：</translation>
    </message>
    <message>
        <source>This model reads around a point, and the image is larger: set the point.</source>
        <translation>该模型读取某点周围，而图像更大：请设定该点。</translation>
    </message>
    <message>
        <source>This model reads around the middle of the image.</source>
        <translation>该模型读取图像中心周围。</translation>
    </message>
    <message>
        <source>This model reads around: {places} (mm, RAS)</source>
        <translation>该模型读取以下位置周围：{places}（mm，RAS）</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Time from the first image</source>
        <translation>从第一幅图像起的时间</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
    <message>
        <source>Title of the study</source>
        <translation>研究标题</translation>
    </message>
    <message>
        <source>Type the text of the phrase.</source>
        <translation>请输入短语的文字。</translation>
    </message>
    <message>
        <source>Type your name.</source>
        <translation>请输入您的姓名。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Undo AI step</source>
        <translation>撤销 AI 步骤</translation>
    </message>
    <message>
        <source>Undo in report</source>
        <translation>在报告中撤销</translation>
    </message>
    <message>
        <source>Undo in segments</source>
        <translation>在分割中撤销</translation>
    </message>
    <message>
        <source>Undo the last change of the report</source>
        <translation>撤销报告的上一次更改</translation>
    </message>
    <message>
        <source>Undo the last removal, renaming or choice of a version</source>
        <translation>撤销上一次移除、重命名或版本选择</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>单位</translation>
    </message>
    <message>
        <source>Unsaved work was found</source>
        <translation>发现未保存的工作</translation>
    </message>
    <message>
        <source>Updating: {stage}</source>
        <translation>正在更新：{stage}</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>数值</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>核验</translation>
    </message>
    <message>
        <source>Verify report</source>
        <translation>核验报告</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Version {version}, {license}, {state}.</source>
        <translation>版本 {version}，{license}，{state}。</translation>
    </message>
    <message>
        <source>View</source>
        <translation>体位</translation>
    </message>
    <message>
        <source>View:</source>
        <translation>体位：</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>体积</translation>
    </message>
    <message>
        <source>Volume of the scene</source>
        <translation>场景中的图像</translation>
    </message>
    <message>
        <source>Warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Washout (days)</source>
        <translation>洗脱期（天）</translation>
    </message>
    <message>
        <source>Washout in days</source>
        <translation>洗脱期天数</translation>
    </message>
    <message>
        <source>Web page</source>
        <translation>网页</translation>
    </message>
    <message>
        <source>Web page (*.html);;Text (*.txt);;Data (*.json)</source>
        <translation>网页 (*.html);;文本 (*.txt);;数据 (*.json)</translation>
    </message>
    <message>
        <source>What</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>What became of the draft</source>
        <translation>草稿的变化</translation>
    </message>
    <message>
        <source>What can be inserted</source>
        <translation>可插入的内容</translation>
    </message>
    <message>
        <source>What else is wrong</source>
        <translation>其他错误</translation>
    </message>
    <message>
        <source>What is known: earlier disease, operations, treatment</source>
        <translation>已知情况：既往疾病、手术、治疗</translation>
    </message>
    <message>
        <source>What is missing</source>
        <translation>缺少的内容</translation>
    </message>
    <message>
        <source>What is wrong with: Arms</source>
        <translation>错误：组别</translation>
    </message>
    <message>
        <source>What is wrong with: Arms in a period</source>
        <translation>错误：每个时期的组别</translation>
    </message>
    <message>
        <source>What is wrong with: Cases</source>
        <translation>错误：病例</translation>
    </message>
    <message>
        <source>What is wrong with: Design</source>
        <translation>错误：设计</translation>
    </message>
    <message>
        <source>What is wrong with: File with the truth</source>
        <translation>错误：参考标准文件</translation>
    </message>
    <message>
        <source>What is wrong with: Findings that are rated</source>
        <translation>错误：需评分的发现</translation>
    </message>
    <message>
        <source>What is wrong with: Idle after (seconds)</source>
        <translation>错误：无操作计为空闲（秒）</translation>
    </message>
    <message>
        <source>What is wrong with: Order</source>
        <translation>错误：顺序</translation>
    </message>
    <message>
        <source>What is wrong with: Rating rounds afterwards</source>
        <translation>错误：之后的评价轮次</translation>
    </message>
    <message>
        <source>What is wrong with: Readers</source>
        <translation>错误：阅片者</translation>
    </message>
    <message>
        <source>What is wrong with: Reads of a session</source>
        <translation>错误：每次阅片例数</translation>
    </message>
    <message>
        <source>What is wrong with: Report</source>
        <translation>错误：报告</translation>
    </message>
    <message>
        <source>What is wrong with: Seed</source>
        <translation>错误：随机种子</translation>
    </message>
    <message>
        <source>What is wrong with: Title</source>
        <translation>错误：标题</translation>
    </message>
    <message>
        <source>What is wrong with: Washout (days)</source>
        <translation>错误：洗脱期（天）</translation>
    </message>
    <message>
        <source>What moved the probability</source>
        <translation>哪些因素影响了概率</translation>
    </message>
    <message>
        <source>What the model does, its license, its intended use and its limits</source>
        <translation>模型的功能、许可、预期用途和局限</translation>
    </message>
    <message>
        <source>What the next mark is</source>
        <translation>下一个标记的类型</translation>
    </message>
    <message>
        <source>What the protocol does not provide for this case is hidden.</source>
        <translation>方案未为此病例提供的内容已隐藏。</translation>
    </message>
    <message>
        <source>What to do next</source>
        <translation>下一步</translation>
    </message>
    <message>
        <source>Where the model computes</source>
        <translation>模型在何处计算</translation>
    </message>
    <message>
        <source>Where the model reads</source>
        <translation>模型读取的位置</translation>
    </message>
    <message>
        <source>Whether everything is saved</source>
        <translation>是否已全部保存</translation>
    </message>
    <message>
        <source>Whether the model fits</source>
        <translation>模型是否适用</translation>
    </message>
    <message>
        <source>Which report is better?</source>
        <translation>哪份报告更好？</translation>
    </message>
    <message>
        <source>Who</source>
        <translation>何人</translation>
    </message>
    <message>
        <source>Who did what, how long it took, what became of the draft</source>
        <translation>何人做了什么、用时多久、草稿有何变化</translation>
    </message>
    <message>
        <source>Whole report</source>
        <translation>整个报告</translation>
    </message>
    <message>
        <source>Why a typed value is not used</source>
        <translation>所输入的值未被采用的原因</translation>
    </message>
    <message>
        <source>Why not to trust this</source>
        <translation>为何不可轻信</translation>
    </message>
    <message>
        <source>Why was the examination asked for?</source>
        <translation>为何申请此次检查？</translation>
    </message>
    <message>
        <source>Without de-identification the files name the patient where the images do. Research use only.</source>
        <translation>不去标识化时，图像中有患者姓名的文件也会含有姓名。仅供研究使用。</translation>
    </message>
    <message>
        <source>Years</source>
        <translation>年资</translation>
    </message>
    <message>
        <source>You accepted this version.</source>
        <translation>您已接受此版本。</translation>
    </message>
    <message>
        <source>You changed these segments; a later run put its result beside them.</source>
        <translation>您修改过这些分割；后来的运行将其结果放在旁边。</translation>
    </message>
    <message>
        <source>Your answers can not be changed afterwards</source>
        <translation>之后不能再修改答案</translation>
    </message>
    <message>
        <source>Your phrases: add, change, remove</source>
        <translation>您的短语：添加、修改、删除</translation>
    </message>
    <message>
        <source>Your ratings can not be changed afterwards</source>
        <translation>之后不能再修改评分</translation>
    </message>
    <message>
        <source>Your version and the new one</source>
        <translation>您的版本与新版本</translation>
    </message>
    <message>
        <source>Yours: {text}</source>
        <translation>您的文字：{text}</translation>
    </message>
    <message>
        <source>a number</source>
        <translation>数字</translation>
    </message>
    <message>
        <source>a whole number</source>
        <translation>整数</translation>
    </message>
    <message>
        <source>above the reference range</source>
        <translation>高于参考范围</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>已接受</translation>
    </message>
    <message>
        <source>addendum</source>
        <translation>补充</translation>
    </message>
    <message>
        <source>age</source>
        <translation>年龄</translation>
    </message>
    <message>
        <source>all arms, each with its cases</source>
        <translation>所有组别，各有其病例</translation>
    </message>
    <message>
        <source>at or above the operating point</source>
        <translation>达到或高于工作点</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>below the operating point</source>
        <translation>低于工作点</translation>
    </message>
    <message>
        <source>below the reference range</source>
        <translation>低于参考范围</translation>
    </message>
    <message>
        <source>both sides</source>
        <translation>双侧</translation>
    </message>
    <message>
        <source>changed by you</source>
        <translation>已由您修改</translation>
    </message>
    <message>
        <source>context changed</source>
        <translation>临床信息已变</translation>
    </message>
    <message>
        <source>created</source>
        <translation>创建</translation>
    </message>
    <message>
        <source>current</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>done again</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>drafted</source>
        <translation>起草</translation>
    </message>
    <message>
        <source>each reader one arm</source>
        <translation>每位阅片者一个组别</translation>
    </message>
    <message>
        <source>edited</source>
        <translation>已编辑</translation>
    </message>
    <message>
        <source>every reader, every arm</source>
        <translation>每位阅片者所有组别</translation>
    </message>
    <message>
        <source>exported</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>female</source>
        <translation>女</translation>
    </message>
    <message>
        <source>finding</source>
        <translation>发现</translation>
    </message>
    <message>
        <source>graphics card (CUDA)</source>
        <translation>显卡（CUDA）</translation>
    </message>
    <message>
        <source>graphics card ({name})</source>
        <translation>显卡（{name}）</translation>
    </message>
    <message>
        <source>hidden</source>
        <translation>已隐藏</translation>
    </message>
    <message>
        <source>high</source>
        <translation>偏高</translation>
    </message>
    <message>
        <source>history</source>
        <translation>病史</translation>
    </message>
    <message>
        <source>indication</source>
        <translation>检查目的</translation>
    </message>
    <message>
        <source>invalid</source>
        <translation>无效</translation>
    </message>
    <message>
        <source>lateral</source>
        <translation>侧位</translation>
    </message>
    <message>
        <source>left</source>
        <translation>左</translation>
    </message>
    <message>
        <source>license not accepted yet</source>
        <translation>尚未接受许可</translation>
    </message>
    <message>
        <source>low</source>
        <translation>偏低</translation>
    </message>
    <message>
        <source>male</source>
        <translation>男</translation>
    </message>
    <message>
        <source>manual</source>
        <translation>手动</translation>
    </message>
    <message>
        <source>marked preliminary</source>
        <translation>标为初步</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>缺失</translation>
    </message>
    <message>
        <source>missing: the model does without it</source>
        <translation>缺失：模型将不使用此值</translation>
    </message>
    <message>
        <source>new draft taken</source>
        <translation>采用新草稿</translation>
    </message>
    <message>
        <source>new version</source>
        <translation>新版本</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
    <message>
        <source>no / yes</source>
        <translation>否 / 是</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>not rated yet</source>
        <translation>尚未评分</translation>
    </message>
    <message>
        <source>not stated</source>
        <translation>未注明</translation>
    </message>
    <message>
        <source>not used</source>
        <translation>未采用</translation>
    </message>
    <message>
        <source>note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>one arm</source>
        <translation>一个组别</translation>
    </message>
    <message>
        <source>open</source>
        <translation>待定</translation>
    </message>
    <message>
        <source>optional</source>
        <translation>可选</translation>
    </message>
    <message>
        <source>optional; readers never get it</source>
        <translation>可选；阅片者永远得不到它</translation>
    </message>
    <message>
        <source>other</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>own text kept</source>
        <translation>保留自己的文字</translation>
    </message>
    <message>
        <source>preference</source>
        <translation>偏好</translation>
    </message>
    <message>
        <source>prior</source>
        <translation>既往</translation>
    </message>
    <message>
        <source>probability {percent} %</source>
        <translation>概率 {percent} %</translation>
    </message>
    <message>
        <source>processor (CPU)</source>
        <translation>处理器（CPU）</translation>
    </message>
    <message>
        <source>random</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>random, arm by arm</source>
        <translation>随机，逐个组别</translation>
    </message>
    <message>
        <source>read</source>
        <translation>已阅读</translation>
    </message>
    <message>
        <source>read by the model</source>
        <translation>模型会使用</translation>
    </message>
    <message>
        <source>recovered</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>已否定</translation>
    </message>
    <message>
        <source>removed</source>
        <translation>已删除</translation>
    </message>
    <message>
        <source>required</source>
        <translation>必填</translation>
    </message>
    <message>
        <source>right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>semi-automatic</source>
        <translation>半自动</translation>
    </message>
    <message>
        <source>sex</source>
        <translation>性别</translation>
    </message>
    <message>
        <source>signed</source>
        <translation>签名</translation>
    </message>
    <message>
        <source>undone</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>view</source>
        <translation>体位</translation>
    </message>
    <message>
        <source>with AI</source>
        <translation>使用 AI</translation>
    </message>
    <message>
        <source>without AI</source>
        <translation>不使用 AI</translation>
    </message>
    <message>
        <source>without, then with AI</source>
        <translation>先不用、后用 AI</translation>
    </message>
    <message>
        <source>years</source>
        <translation>岁</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>{active} at work, {idle} idle (pauses of more than {limit} s).</source>
        <translation>工作 {active}，空闲 {idle}（超过 {limit} 秒的停顿）。</translation>
    </message>
    <message>
        <source>{arrow} was {before} %</source>
        <translation>{arrow} 原为 {before} %</translation>
    </message>
    <message>
        <source>{characters} characters, {words} words</source>
        <translation>{characters} 个字符，{words} 个词</translation>
    </message>
    <message>
        <source>{count} faults are to be corrected first.</source>
        <translation>须先纠正 {count} 处错误。</translation>
    </message>
    <message>
        <source>{count} files were written to {path}. Research use only.</source>
        <translation>已将 {count} 个文件写入 {path}。仅供研究使用。</translation>
    </message>
    <message>
        <source>{done} of {total} submitted</source>
        <translation>已提交 {done} 例，共 {total} 例</translation>
    </message>
    <message>
        <source>{finding:NAME}, {measurement:NAME} and {value:NAME} are filled in from the case.</source>
        <translation>{finding:NAME}、{measurement:NAME} 和 {value:NAME} 会按病例填入。</translation>
    </message>
    <message>
        <source>{model} (does not fit)</source>
        <translation>{model}（不适用）</translation>
    </message>
    <message>
        <source>{model} (not known whether it fits)</source>
        <translation>{model}（不确定是否适用）</translation>
    </message>
    <message>
        <source>{name} (no longer in the scene)</source>
        <translation>{name}（已不在场景中）</translation>
    </message>
    <message>
        <source>{problem}
Why is the clock right now?</source>
        <translation>{problem}
为什么现在的时钟是正确的？</translation>
    </message>
    <message>
        <source>{refusal} It states nothing about them.</source>
        <translation>{refusal}模型未对其作出任何判断。</translation>
    </message>
    <message>
        <source>{stage} · {seconds} s</source>
        <translation>{stage} · {seconds} 秒</translation>
    </message>
    <message>
        <source>{status}. Signed by {name}, {time}, content {hash}. Read-only: add an addendum to change it.</source>
        <translation>{status}。签名：{name}，{time}，内容 {hash}。只读：如需更改请添加补充。</translation>
    </message>
    <message>
        <source>… and {count} more</source>
        <translation>……另有 {count} 条</translation>
    </message>
    <message>
        <source>◆ read by the model; missing: {count}</source>
        <translation>◆ 模型会使用；缺失：{count}</translation>
    </message>
    <message>
        <source>✓ Accept</source>
        <translation>✓ 接受</translation>
    </message>
    <message>
        <source>✓ Everything is saved.</source>
        <translation>✓ 已全部保存。</translation>
    </message>
    <message>
        <source>✗ Reject</source>
        <translation>✗ 否定</translation>
    </message>
</context>
</TS>
