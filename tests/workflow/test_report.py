"""The report as a reader sees it: in a browser, without a network."""

import os
import re
import shutil

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

SECOND = {
    "run": ["tiny", "second"],
    "ensembles": {"second": {"source": "train", "tasks": ["sine_generation"], "networks": 1}},
}
BOTH = ("--configfile", "tiny.yaml", "second.yaml", "--config", "chunk_size=2")
REPORT = ("--report", "results/report.html", "--report-after-run", "--report-stylesheet", "workflow/report/style.css")


@pytest.fixture(scope="module")
def reported(finished, tmp_path_factory):
    """A project with the report of two ensembles, one of which had been built before."""
    folder = tmp_path_factory.mktemp("reported")
    project = type(finished)(folder)
    for name in ("results", ".snakemake"):
        shutil.copytree(finished.folder / name, folder / name)
    project.write("second.yaml", SECOND)
    run = project.snakemake("report", "--cores", "2", *BOTH, *REPORT)
    assert run.returncode == 0, run.stdout
    assert "Report created." in run.stdout
    return project


@pytest.fixture(scope="module")
def browser():
    """A browser without a window that knows no address of any network."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "headless",
        "disable-gpu",
        "disable-background-networking",
        "disable-component-update",
        "no-first-run",
        "window-size=1400,900",
        "host-resolver-rules=MAP * ~NOTFOUND",
        *(["no-sandbox"] if os.geteuid() == 0 else []),
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield running
    running.quit()


class Reader:
    """Someone who clicks through the report."""

    def __init__(self, browser, path):
        from selenium.webdriver.support.ui import WebDriverWait

        self.browser = browser
        self.wait = WebDriverWait(browser, 30)
        browser.get(path.as_uri())
        self.find("//h1[.='Operative dimensions']")

    def find(self, xpath):
        found = self.wait.until(lambda browser: browser.find_elements("xpath", xpath), xpath)
        self.wait.until(lambda browser: found[0].is_displayed(), xpath)
        return found[0]

    def open_list(self, *menus):
        """Go to the list of results below these entries of the menu."""
        self.find("//nav//nav//li[1]/a").click()
        for menu in menus:
            self.find(f"//a[span[.='{menu}']]").click()

    def listed(self):
        """Return the names of the results in the list."""
        self.find("//table/tbody/tr")
        rows = self.browser.find_elements("xpath", "//nav//table/tbody/tr/td[1]")
        return [row.text for row in rows]

    def click(self, name, button):
        """Click a button of a result in the list: 1 shows it, 2 describes it."""
        self.find(f"(//tr[td[1][.='{name}']]//a)[{button}]").click()

    def size_of_image(self):
        image = self.find("//img[starts-with(@src, 'data:image/png')]")
        self.wait.until(lambda browser: image.get_property("complete"))
        return image.get_property("naturalWidth"), image.get_property("naturalHeight"), image.rect

    def rows_of_page(self):
        """Return the text of the rows of all tables of the page that is shown."""
        self.browser.switch_to.frame(self.find("//iframe"))
        self.wait.until(lambda browser: browser.find_elements("tag name", "h1"))
        rows = [row.text for row in self.browser.find_elements("css selector", "tbody tr")]
        text = self.browser.find_element("tag name", "body").text
        self.browser.switch_to.default_content()
        return text, rows

    def description(self):
        return self.find("//nav//li[contains(@class, 'prose')]").text

    def errors(self):
        return [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture
def reader(browser, reported):
    reader = Reader(browser, reported.folder / "results" / "report.html")
    yield reader
    assert reader.errors() == []
    resources = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in resources if not name.startswith(("data:", "blob:"))] == []


def test_the_report_loads_nothing_from_elsewhere(reported):
    html = (reported.folder / "results" / "report.html").read_text()
    assert re.findall(r"""(?:\bsrc|<link[^>]*href)\s*=\s*["']?(?:https?:)?//[^"'> ]+""", html) == []
    assert re.findall(r"""(?:@import|url\()\s*["']?(?:https?:)?//""", html) == []


def test_a_second_report_runs_nothing_again(reported):
    run = reported.snakemake("report", "--cores", "2", *BOTH, *REPORT)
    assert run.returncode == 0, run.stdout
    assert "Nothing to be done" in run.stdout
    assert "Report created." in run.stdout


def test_the_front_page_names_the_ensembles(reader):
    text = reader.find("//h1[.='Operative dimensions']/ancestor::div[contains(@class, 'prose')]").text
    assert "tiny: networks trained here, context integration and sine generation" in text
    assert "second: networks trained here, sine generation" in text


def test_the_pages_of_snakemake_itself_are_shown(reader):
    reader.find("//a[span[.='Statistics']]").click()
    reader.find("//div[contains(@class, 'vega-embed')]//canvas")
    reader.find("//a[span[.='About']]").click()
    reader.find("//a[span[starts-with(., 'snakemake ')]]")
    reader.open_list()
    reader.find("//a[span[.='Workflow']]").click()
    reader.find("//div[@id='rulegraph']//canvas")


@pytest.mark.parametrize("ensemble", ["tiny", "second"])
def test_every_figure_is_shown_and_described(reader, reported, ensemble):
    reader.open_list("Figures", ensemble)
    names = reader.listed()
    drawn = sorted((reported.folder / "results" / ensemble / "figures").glob("*.png"))
    assert [name.partition(":")[0] for name in names] == [path.stem.removeprefix("figure_") for path in drawn]
    for name in names:
        reader.open_list("Figures", ensemble)
        reader.click(name, 1)
        width, height, shown = reader.size_of_image()
        assert width > 2000
        assert height > 500
        assert shown["width"] > 500
        reader.click(name, 2)
        text = reader.description()
        number = name.partition(":")[0]
        assert text.startswith("Dimensions by function" if "functions" in name else f"Figure {number}:")
        assert ensemble in text
        assert "What to look for." in text


def test_the_top_of_a_figure_can_be_reached_in_a_low_window(reader):
    reader.browser.set_window_size(1400, 450)
    try:
        reader.open_list("Figures", "tiny")
        reader.click(reader.listed()[-1], 1)
        _, _, shown = reader.size_of_image()
        assert shown["height"] > 450
        assert shown["y"] >= 0
    finally:
        reader.browser.set_window_size(1400, 900)


def test_the_claims_are_shown_with_their_verdicts(reader, reported):
    reader.open_list("Claims")
    assert reader.listed() == ["second", "tiny"]
    reader.click("tiny", 1)
    text, rows = reader.rows_of_page()
    claims = pd.read_csv(reported.folder / "results" / "tiny" / "claims.csv")
    counts = claims["verdict"].value_counts()
    for verdict in ("undecided", "reproduced", "not comparable"):
        assert f"{counts.get(verdict, 0)} {verdict}" in text
    assert "0 DIFFERS" in text  # so few networks decide nothing
    assert len(rows) == len(claims)
    assert "undecided" in rows[0]
    assert claims["sentence"].iloc[0] in rows[0]
    assert claims["why"].iloc[0] in rows[0]
    reader.click("tiny", 2)
    assert "What the paper claims" in reader.description()


def test_the_settings_are_shown(reader):
    reader.open_list("Configuration")
    reader.click("second", 1)
    text, _ = reader.rows_of_page()
    assert "source: train" in text
    assert "units: 12" in text
    assert "published_files" not in text


def test_the_run_times_cover_every_job(reader, reported):
    reader.open_list("Run times")
    reader.click("tiny", 1)
    _, rows = reader.rows_of_page()
    folder = reported.folder / "results" / "tiny" / "runtimes"
    summary = pd.read_csv(folder / "summary.csv")
    assert len(rows) == len(summary) + 1
    assert summary["jobs"].sum() == len(list(folder.rglob("*.tsv")))
    assert summary["wall_s"].min() > 0


def test_the_ensembles_are_compared(reader, reported):
    reader.open_list("Comparison")
    assert reader.listed() == ["figure", "table"]
    reader.click("figure", 1)
    assert reader.size_of_image()[0] > 2000
    reader.click("table", 1)
    _, rows = reader.rows_of_page()
    table = pd.read_csv(reported.folder / "results" / "comparison" / "claims.csv")
    assert len(rows) == table["id"].nunique()
    assert table["ensemble"].value_counts()["second"] == (table["task"].eq("sine_generation").sum() / 2)
    assert set(table["ensemble"]) == {"tiny", "second"}
