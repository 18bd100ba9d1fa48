<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>MedMMSlicer</name>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>'{text}' is no name with a value. {advice}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>&lt;p&gt;Segments and measures medical images with local models and drafts a report whose sentences point to what they state.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Research use only. Not for clinical diagnosis.&lt;/b&gt; Nothing leaves this computer.&lt;/p&gt;&lt;p&gt;&lt;a href="{url}"&gt;Documentation&lt;/a&gt;&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>A Python package is missing: {name}. Install Resources/requirements.txt.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>A volume that is already in the scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>About the selected value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Accept license and intended use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Action</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Add a laboratory value by its name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>Add laboratory value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Add value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Add value…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Age at the examination, in years</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Age in years</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Age:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>All actions with their keys, language, help</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Analyze</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>At the crosshair</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Cancel the run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Cancelled: nothing was opened.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Case:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Checking the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Choose a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Choose a model first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Choose a volume of the scene first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Close this message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Computing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Device used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Device used: {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Device warning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Device:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Dismiss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/panel.py"/>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Dismiss the message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Drafting the report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/message_bar.py"/>
        <source>Error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Facts from the image header</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Finishing the result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>Free software under the Apache License 2.0, built on 3D Slicer, VTK, SimpleITK, ONNX Runtime. Each model states its own license, data and intended use. Research use only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>From the image header: {names}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/panel.py"/>
        <source>Go to: {part}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Hide</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>History</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>History:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>How the radiograph was taken</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>Image:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Images of this case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Import a CSV, FHIR or JSON file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Import laboratory values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>Import laboratory values…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Import…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>In the middle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>In the scene:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Indication</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Indication:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Install what is missing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Installation progress</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Installs the Python packages named above. Nothing else is changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Intended use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Keyboard</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/panel.py"/>
        <source>Keyboard…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Kind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Laboratory values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Laboratory values:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>License</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>List the models on this computer and whether each fits the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Loading the images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Looking for images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Looking for the evidence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Make a case of this volume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>Mark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Measuring</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>MedMM</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Menu</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Message details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Messages of this session</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Model card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Model card: {title}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Model card…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Model:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>Name, value and unit, for example: CRP 12 mg/L</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Next case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>No case is open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>No model is installed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>No model was found.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>None yet: paste rows from a spreadsheet, import a file or add a value.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Not accepted yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Not now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/message_bar.py"/>
        <source>Note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>Nothing is running.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Open a folder of images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Open every study of a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Open files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Open files…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Open folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Open image files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Open image files: DICOM, NIfTI, NRRD, MetaImage, PNG, JPEG</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Open one of the sample studies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Open sample</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Opening images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Opening the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Paste</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Paste laboratory values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Paste rows copied from a spreadsheet: name, value, unit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Patient: {text}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Preparing the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Previous case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Progress</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Read around the crosshair; hold Shift and move the mouse over an image to place it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Read around the middle of the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Read at the crosshair</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Read in the middle of the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Read it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Reading headers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>Reference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Remarks about the context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Remove '{title}' with its segments, findings and report from the scene?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Remove case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Remove the selected laboratory value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Remove value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Research use only. Not for clinical diagnosis.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Role</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Role of {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>Run the model on this case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>Select a laboratory value first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Sex</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Sex:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Show</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>Show models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Show or hide the name and the number of the patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Show or hide the patient's name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Show the patient's name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>Show this and earlier messages in full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Stage of the run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/stages.py"/>
        <source>Starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Stop the run; what was there before stays</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerHost/reader/volume_view.py"/>
        <source>Structures appear here in 3D once there are segments.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Take back what the last run added</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Take the current case out of the scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>The case that is read now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>The clipboard holds no text. Copy rows of a spreadsheet first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>The image to read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>The images of this case and what each is for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>The model that reads this case; those that fit come first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>The patient's name is not known.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>The selected model reads the whole image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>There is no AI step to undo.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>There is no crosshair in the scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>This model reads around the middle of the image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>This model reads around: {places} (mm, RAS)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Undo AI step</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>Unit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>Updating: {stage}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>Value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>Version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>Version {version}, {license}, {state}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>View:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Volume of the scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/message_bar.py"/>
        <source>Warning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>What is known: earlier disease, operations, treatment</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Panel.ui"/>
        <source>What is missing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>What the model does, its license, its intended use and its limits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Where the model computes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Analyze.ui"/>
        <source>Where the model reads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Case.ui"/>
        <source>Whether the model fits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Why a typed value is not used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>Why was the examination asked for?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/dialogs.py"/>
        <source>You accepted this version.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>above the reference range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>accepted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>age</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>below the reference range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>context changed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>current</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>does not fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>female</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicer.py"/>
        <source>fits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>graphics card (CUDA)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>hidden</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>high</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>history</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>indication</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>invalid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>lateral</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>license not accepted yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>low</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>male</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>missing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>missing: the model does without it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>not known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>not stated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>not used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>other</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>prior</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>processor (CPU)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>read by the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>sex</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../Resources/UI/Context.ui"/>
        <source>years</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>{model} (does not fit)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/case_part.py"/>
        <source>{name} (no longer in the scene)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/analyze_part.py"/>
        <source>{stage} · {seconds} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../MedMMSlicerLib/widgets/context_part.py"/>
        <source>◆ read by the model; missing: {count}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
